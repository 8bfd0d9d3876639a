import { promisify } from 'node:util';
import { gunzip, inflate, type InputType, type ZlibOptions } from 'node:zlib';
import { AppError } from '../../../platform/errors.ts';

/** Compressed or not, and unpacked: 500 KB, as Segment takes it. */
export const BODY_BYTES_MAX = 500 * 1024;

type Unpack = (body: InputType, options: ZlibOptions) => Promise<Buffer>;

const unpackers = new Map<string, Unpack>([
  ['gzip', promisify(gunzip) as Unpack],
  ['x-gzip', promisify(gunzip) as Unpack],
  ['deflate', promisify(inflate) as Unpack],
]);

/** The body as text. Unpacking stops at the limit, so that a small packet cannot fill the memory. */
export async function inflateBody(body: Buffer, encoding: string | undefined): Promise<string> {
  const name = encoding?.trim().toLowerCase() ?? '';
  if (name === '' || name === 'identity') return body.toString('utf8');
  const unpack = unpackers.get(name);
  if (unpack === undefined)
    throw refused('Content-Encoding', `"${encoding}" is not understood; send gzip, deflate or none`);
  try {
    return (await unpack(body, { maxOutputLength: BODY_BYTES_MAX })).toString('utf8');
  } catch (error) {
    const tooLarge = (error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE';
    throw refused(
      '',
      tooLarge
        ? `is larger than ${BODY_BYTES_MAX / 1024} KB when unpacked; send smaller batches`
        : `is not valid ${encoding}`,
    );
  }
}

function refused(field: string, message: string): AppError {
  return new AppError('invalid', 'The body cannot be read', { details: [{ field, message }] });
}
