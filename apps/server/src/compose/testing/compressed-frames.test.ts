import { expect, it } from 'vitest';
import { framesOf, lz4Block } from './compressed-frames.ts';

/** A frame as it lies in a file; sums are not looked at. */
function frame(method: number, payload: Buffer, size: number): Buffer {
  const header = Buffer.alloc(9);
  header.writeUInt8(method, 0);
  header.writeUInt32LE(9 + payload.length, 1);
  header.writeUInt32LE(size, 5);
  return Buffer.concat([header, payload]);
}
const stored = (...frames: readonly Buffer[]): Buffer =>
  Buffer.concat(frames.flatMap((bytes) => [Buffer.alloc(16, 0xab), bytes]));

it('every frame of a file is found, one within another too, and none in a file that is not made of frames', () => {
  const inner = frame(0x90, Buffer.from('zst'), 30);
  const file = stored(
    frame(0x02, Buffer.from('none'), 4),
    frame(0x82, Buffer.from('lz4'), 10),
    frame(0x91, Buffer.concat([Buffer.from([2, 0x92, 0x90]), inner]), 33),
    frame(0x92, Buffer.from('delta'), 8),
  );
  expect(framesOf(file).map(({ method, payload, size }) => [method, payload.toString(), size])).toEqual([
    ['none', 'none', 4],
    ['lz4', 'lz4', 10],
    ['zstd', 'zst', 30],
    ['numbers', 'delta', 8],
  ]);
  expect(framesOf(file.subarray(0, -1))).toEqual([]);
  expect(framesOf(Buffer.from('columns format version: 1\n2 columns:\n'))).toEqual([]);
  expect(framesOf(Buffer.alloc(0))).toEqual([]);
});

it('a block of LZ4 is opened with its repetitions, those that overlap and long ones too', () => {
  const literals = Buffer.from('x'.repeat(20));
  expect(lz4Block(Buffer.from([0x30, 0x61, 0x62, 0x63]), 3).toString()).toBe('abc');
  expect(lz4Block(Buffer.from([0x12, 0x61, 1, 0, 0x10, 0x62]), 8).toString()).toBe('aaaaaaab');
  // 15 + 5 literals, then 15 + 255 + 1 + 4 repeated bytes.
  const long = Buffer.concat([Buffer.from([0xff, 5]), literals, Buffer.from([2, 0, 255, 1, 0x10, 0x79])]);
  expect(lz4Block(long, 296).toString()).toBe(`${'x'.repeat(295)}y`);
  expect(() => lz4Block(Buffer.from([0x30, 0x61, 0x62, 0x63]), 4)).toThrow('instead of 4');
});
