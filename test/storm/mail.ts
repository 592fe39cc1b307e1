/** The messages of the storm: each has a token of its own, by which it is found again. */

/** The list of the storm. */
export const LIST = 'friends';

/** Its members. */
export const MEMBERS = ['ada', 'ben', 'cleo'].map((name) => `${name}@members.example`);

/** A message with a token and at least so many bytes of body. */
export function message(token: string, bytes: number): Buffer {
  const head = [
    `Storm-Token: ${token}`,
    `From: ${MEMBERS[0]}`,
    `Subject: storm`,
    `Message-ID: <${token}@members.example>`,
  ];
  const line = `${'x'.repeat(70)}\n`;
  return Buffer.from(`${head.join('\n')}\n\n${line.repeat(Math.ceil(bytes / line.length))}`);
}

/** The address of somebody who wants to join. */
export function newcomer(token: string): string {
  return `new.${token}@members.example`;
}

/** The token of a message, or `null`. */
export function tokenOf(text: string): string | null {
  return /^Storm-Token: (\S+)/m.exec(text)?.[1] ?? null;
}
