import { open, seal, type WorkspaceKeys } from '../../../platform/crypto/index.ts';
import type { Sql } from '../../../platform/postgres/index.ts';

type Keys = Pick<WorkspaceKeys, 'wrapping'>;

interface Of {
  readonly workspaceId: number;
  readonly importId: string;
  readonly keys: Keys;
}

interface PieceRow {
  start_byte: number;
  size_bytes: number;
  sealed: Buffer;
}

/** Appends a piece and says how large the file is now. */
export async function insertPiece(sql: Sql, of: Of, piece: { start: number; bytes: Buffer }): Promise<void> {
  const { workspaceId, importId, keys } = of;
  await sql.query({
    text: `insert into data_import_piece (workspace_id, import_id, start_byte, size_bytes, sealed) values ($1, $2, $3, $4, $5)`,
    values: [workspaceId, importId, piece.start, piece.bytes.length, seal(keys.wrapping, piece.bytes)],
  });
  await sql.query({
    text: 'update data_import set size_bytes = $3 where workspace_id = $1 and id = $2',
    values: [workspaceId, importId, piece.start + piece.bytes.length],
  });
}

/** The bytes of the file from a place on: those of the piece it lies in, and of further ones up to about `bytesMin`. */
export async function readBytes(sql: Sql, of: Of, from: { place: number; bytesMin: number }): Promise<Buffer> {
  const parts: Buffer[] = [];
  let length = 0;
  for (let at = from.place; length < from.bytesMin;) {
    const piece = await findPiece(sql, of, at);
    if (piece === undefined) break;
    const bytes = open(of.keys.wrapping, piece.sealed).subarray(at - piece.start_byte);
    parts.push(bytes);
    length += bytes.length;
    at = piece.start_byte + piece.size_bytes;
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}

async function findPiece(sql: Sql, { workspaceId, importId }: Of, place: number): Promise<PieceRow | undefined> {
  const { rows } = await sql.query<PieceRow>({
    name: 'import_piece_at',
    text: `select start_byte, size_bytes, sealed from data_import_piece
           where workspace_id = $1 and import_id = $2 and start_byte <= $3 order by start_byte desc limit 1`,
    values: [workspaceId, importId, place],
  });
  const [piece] = rows;
  return piece !== undefined && place < piece.start_byte + piece.size_bytes ? piece : undefined;
}

/** The beginnings of all pieces, in order. */
export async function listPieces(
  sql: Sql,
  workspaceId: number,
  importId: string,
): Promise<Pick<PieceRow, 'start_byte' | 'size_bytes'>[]> {
  const { rows } = await sql.query<Pick<PieceRow, 'start_byte' | 'size_bytes'>>({
    text: 'select start_byte, size_bytes from data_import_piece where workspace_id = $1 and import_id = $2 order by start_byte',
    values: [workspaceId, importId],
  });
  return rows;
}

/** Writes a piece anew, of the same length. */
export async function replacePiece(sql: Sql, of: Of, piece: { start: number; bytes: Buffer }): Promise<void> {
  await sql.query({
    text: `update data_import_piece set sealed = $4 where workspace_id = $1 and import_id = $2 and start_byte = $3`,
    values: [of.workspaceId, of.importId, piece.start, seal(of.keys.wrapping, piece.bytes)],
  });
}
