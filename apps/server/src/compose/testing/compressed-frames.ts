/** One compressed frame of a file of ClickHouse's, without its header. */
export interface CompressedFrame {
  readonly method: 'none' | 'lz4' | 'zstd' | 'numbers';
  readonly payload: Buffer;
  /** Of what is compressed. */
  readonly size: number;
}

const CHECKSUM_BYTES = 16;
const HEADER_BYTES = 9;
/** Names of `CompressionMethodByte` in ClickHouse's CompressionInfo.h. */
const METHODS: Readonly<Record<number, CompressedFrame['method']>> = { 0x02: 'none', 0x82: 'lz4', 0x90: 'zstd' };
const MULTIPLE = 0x91;
/** Delta, DoubleDelta, Gorilla, T64: made of columns of numbers only. */
const NUMBERS = new Set([0x92, 0x93, 0x94, 0x95]);

/**
 * The frames a file is made of, none if it is not made of frames. Each begins with a checksum of 16 bytes, the byte of its
 * method, its size with the header, and the size of what is compressed (ClickHouse's CompressedReadBufferBase.cpp).
 */
export function framesOf(file: Buffer): CompressedFrame[] {
  const frames: CompressedFrame[] = [];
  for (let at = 0; at < file.length;) {
    const start = at + CHECKSUM_BYTES;
    const frame = frameAt(file, start);
    if (frame === undefined) return [];
    frames.push(frame);
    at = start + file.readUInt32LE(start + 1);
  }
  return frames;
}

function frameAt(file: Buffer, start: number): CompressedFrame | undefined {
  if (start + HEADER_BYTES > file.length) return undefined;
  const method = file.readUInt8(start);
  const end = start + file.readUInt32LE(start + 1);
  const size = file.readUInt32LE(start + 5);
  if (end > file.length || end < start + HEADER_BYTES) return undefined;
  const payload = file.subarray(start + HEADER_BYTES, end);
  // Several methods one upon the other: their number, their bytes, and then a frame of the last without a checksum.
  if (method === MULTIPLE) return frameAt(payload, 1 + payload.readUInt8(0));
  const name = NUMBERS.has(method) ? 'numbers' : METHODS[method];
  return name && { method: name, payload, size };
}

/** Opens a block of LZ4 (its "LZ4 Block Format Description"). */
export function lz4Block(block: Buffer, size: number): Buffer {
  const out = Buffer.alloc(size);
  let [from, to] = [0, 0];
  const length = (nibble: number): number => {
    if (nibble < 15) return nibble;
    let [sum, byte] = [nibble, 255];
    for (; byte === 255; sum += byte) byte = block.readUInt8(from++);
    return sum;
  };
  while (from < block.length) {
    const token = block.readUInt8(from++);
    const literals = length(token >> 4);
    block.copy(out, to, from, from + literals);
    [from, to] = [from + literals, to + literals];
    if (from >= block.length) break;
    const distance = block.readUInt16LE(from);
    from += 2;
    const matched = length(token & 15) + 4;
    // What is copied may overlap what is being written.
    for (const end = to + matched; to < end; to++) out[to] = out[to - distance]!;
  }
  if (to !== size) throw new Error(`a block of LZ4 opened to ${to} bytes instead of ${size}`);
  return out;
}
