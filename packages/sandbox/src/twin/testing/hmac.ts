/** base64(HMAC-SHA256) by the Web Crypto API: not the code under test. */
export async function hmacBase64(secret: string, body: Buffer): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', new TextEncoder().encode(secret), algorithm, false, ['sign']);
  return Buffer.from(await crypto.subtle.sign('HMAC', key, new Uint8Array(body))).toString('base64');
}
