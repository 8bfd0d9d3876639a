import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, type InputType } from 'node:zlib';
import { AppError } from '../../../platform/errors.ts';

type Unpack = (body: InputType, options: { maxOutputLength: number }) => Promise<Buffer>;

const unpackers = new Map<string, Unpack>([
  ['gzip', promisify(gunzip) as Unpack],
  ['x-gzip', promisify(gunzip) as Unpack],
  ['deflate', promisify(inflate) as Unpack],
  ['br', promisify(brotliDecompress) as Unpack],
]);

/** The body as text. Unpacking stops at the limit, so that a small packet cannot fill the memory. */
export async function inflateBody(
  body: Buffer,
  { encoding, bytesMax }: { encoding: string | undefined; bytesMax: number },
): Promise<string> {
  if (body.length > bytesMax) throw tooLarge(bytesMax, '');
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return body.toString('utf8');
  const unpack = unpackers.get(name);
  if (unpack === undefined)
    throw refused('Content-Encoding', `"${encoding}" is not understood; send gzip, deflate, br or none`);
  try {
    return (await unpack(body, { maxOutputLength: bytesMax })).toString('utf8');
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(bytesMax, ' when unpacked');
    throw refused('', `is not valid ${encoding}`);
  }
}

function tooLarge(bytesMax: number, when: string): AppError {
  return refused('', `is larger than ${bytesMax / 1024} KB${when}; send smaller batches`);
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid', 'The body cannot be read', { details: [{ field, message }] });
}
