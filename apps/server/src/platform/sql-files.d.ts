/** SQL files are imported as text: esbuild and vitest both understand `?raw`. */
declare module '*.sql?raw' {
  const text: string;
  export default text;
}
