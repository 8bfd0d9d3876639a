import { expect, test } from 'vitest';
import { scanSql, splitStatements } from './split-statements.ts';

test('statements end at semicolons outside of quotes and comments', () => {
  const sql = `create table a (x String default ';'); -- one; two
    /* ; */ select 'it''s; fine', "a;b", \`c;d\`, 'e\\';f' from a;
    -- the end;
  `;
  const statements = splitStatements(sql);
  expect(statements).toHaveLength(2);
  expect(statements[0]).toBe("create table a (x String default ';')");
  expect(statements[1]).toContain("'e\\';f' from a");
});

test('parameters are found outside of quotes only', () => {
  expect(scanSql(`select {a: UInt8}, {b:Array(String)}, '{c:String}', {'k': 1}`).params).toEqual(['a', 'b']);
});
