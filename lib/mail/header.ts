/**
 * The header section as a list of fields that keep their bytes.
 *
 * Promises: fields nobody changes stay identical, 8-bit bytes, odd folding and all; what we write is one field.
 * Functions give a new header and never change the one they get. Names are compared without case.
 * Fails: adding a field that would not be one throws; reading never does.
 */
import { isUtf8 } from 'node:buffer';
import { fieldProblem, foldField, trimBlanks } from './fold.ts';
import { type Eol, splitHead } from './head.ts';

/** One field, or a leading mbox line. */
export type HeaderField = {
  /** Name as written; `''` for an mbox `From ` line. */
  readonly name: string;
  /** All bytes of the field with its line ends, as latin1. */
  readonly raw: string;
};

/** The fields of a message in their order. */
export type Header = {
  readonly fields: readonly HeaderField[];
  readonly eol: Eol;
};

/** A header without fields, to start a message of our own (lines end with CR LF). */
export const EMPTY_HEADER: Header = { fields: [], eol: '\r\n' };

/** Reads the header section at the beginning of `bytes` (see splitHead); what follows it is ignored. */
export function parseHeader(bytes: Buffer): Header {
  const { headLength, eol } = splitHead(bytes);
  const text = bytes.toString('latin1', 0, headLength);
  const fields: HeaderField[] = [];
  // A line end that is not followed by a blank ends a field.
  for (const raw of text.split(/(?<=\n)(?![ \t])/)) {
    if (raw === '') continue;
    const name = /^([!-9;-~]+)[ \t]*:/.exec(raw)?.[1] ?? '';
    fields.push({ name, raw });
  }
  return { fields, eol };
}

/** Text of header bytes: UTF-8 when they are valid UTF-8 (RFC 6532), else latin1. */
function decodeBytes(latin1: string): string {
  if (!/[\x80-\xff]/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : latin1;
}

function fieldValue(field: HeaderField): string {
  return decodeBytes(trimBlanks(field.raw.slice(field.raw.indexOf(':') + 1).replace(/\r?\n/g, '')));
}

function isNamed(field: HeaderField, name: string): boolean {
  return field.name.length === name.length && field.name.toLowerCase() === name.toLowerCase();
}

/** Values of all fields of that name, in order, unfolded and trimmed, with encoded-words as they are. */
export function getFields(header: Header, name: string): string[] {
  return header.fields.filter((field) => field.name !== '' && isNamed(field, name)).map(fieldValue);
}

/** Value of the first field of that name like {@link getFields}, or `null`. */
export function getField(header: Header, name: string): string | null {
  const field = header.fields.find((field) => field.name !== '' && isNamed(field, name));
  return field ? fieldValue(field) : null;
}

/** Whether there is a field of that name. */
export function hasField(header: Header, name: string): boolean {
  return getField(header, name) !== null;
}

/** The header without the fields of these names. */
export function removeFields(header: Header, names: readonly string[]): Header {
  const fields = header.fields.filter(
    (field) => field.name === '' || !names.some((name) => isNamed(field, name)),
  );
  return fields.length === header.fields.length ? header : { ...header, fields };
}

/**
 * @throws {Error} when name and value are no header field: a bug of the caller, or somebody tries to inject
 * one.
 */
function makeField(header: Header, name: string, value: string): HeaderField {
  const problem = fieldProblem(name, value);
  if (problem !== null) throw new Error(`cannot add a header field: ${problem}`);
  return { name, raw: foldField(name, value, header.eol) };
}

/** Fields with the last line ended, so that something can follow it. */
function ended(header: Header): HeaderField[] {
  return header.fields.map((field, index) =>
    index === header.fields.length - 1 && !field.raw.endsWith('\n')
      ? { ...field, raw: field.raw + header.eol }
      : field,
  );
}

/**
 * The header with fields added behind the others, folded at 78 bytes, with the message's own line ends.
 * Values are text: characters beyond ASCII are written as UTF-8, so encode them first where that is not
 * wanted.
 * @throws {Error} when a name is not a field name, or a value contains CR, LF or NUL
 */
export function appendFields(
  header: Header,
  fields: readonly (readonly [name: string, value: string])[],
): Header {
  if (fields.length === 0) return header;
  const added = fields.map(([name, value]) => makeField(header, name, value));
  return { ...header, fields: [...ended(header), ...added] };
}

/**
 * The header with one field of that name: in the place of the first there was, the others removed; added when
 * absent.
 * @throws {Error} like {@link appendFields}
 */
export function replaceField(header: Header, name: string, value: string): Header {
  const first = header.fields.findIndex((field) => field.name !== '' && isNamed(field, name));
  if (first < 0) return appendFields(header, [[name, value]]);
  const written = makeField(header, name, value);
  const fields = ended(header)
    .map((field, index) => (index === first ? written : field))
    .filter((field) => field === written || field.name === '' || !isNamed(field, name));
  return { ...header, fields };
}

/**
 * The bytes of the header section, without the empty line behind it; identical to what was read if nothing
 * changed.
 */
export function headerBytes(header: Header): Buffer {
  return Buffer.from(header.fields.map((field) => field.raw).join(''), 'latin1');
}

/**
 * The head of `message` written anew: `head`, followed by the message from `tailFrom` on, is the message with
 * `header` in place of its own. An empty line between is the message's own, or added when it had none.
 * `message` may be only its beginning, as long as that reaches into the body.
 */
export function exchangeHead(message: Buffer, header: Header): { head: Buffer; tailFrom: number } {
  const { headLength, bodyStart } = splitHead(message);
  if (bodyStart > headLength) return { head: headerBytes(header), tailFrom: headLength };
  const bytes = headerBytes({ ...header, fields: ended(header) });
  return { head: Buffer.concat([bytes, Buffer.from(header.eol)]), tailFrom: bodyStart };
}

/**
 * The header without a leading mbox line and Return-Path: what the final delivery wrote of the envelope (RFC
 * 5321 section 4.4), and what a message that goes on must lose.
 */
export function stripEnvelopeLines(header: Header): Header {
  const stripped = removeFields(header, ['Return-Path']);
  const fields = stripped.fields.filter((field) => field.name !== '');
  return fields.length === stripped.fields.length ? stripped : { ...stripped, fields };
}

/** An address out of angle brackets, without a source route (RFC 5321 appendix C); `null` when it is none. */
function bareAddress(text: string): string | null {
  const address = (/<([^<>]*)>/.exec(text)?.[1] ?? text).trim().replace(/^@[^:]*:/, '');
  if (address === '') return '';
  return /^[^\s<>\p{Cc}]+@[^\s<>\p{Cc}]+$/u.test(address) ? address : null;
}

/**
 * The reverse-path as the message tells it: Return-Path, else the leading mbox line.
 * `''` for the null reverse-path (`<>`, or MAILER-DAEMON in an mbox line), `null` when it is not told.
 */
export function envelopeSender(header: Header): string | null {
  const returnPath = getField(header, 'Return-Path');
  if (returnPath !== null && returnPath !== '') return bareAddress(returnPath);
  const line = header.fields.find((field) => field.name === '' && field.raw.startsWith('From '));
  const word = line ? /^From +(\S+)/.exec(line.raw)?.[1] : undefined;
  if (word === undefined) return null;
  return /^(mailer-daemon|<>)$/i.test(word) ? '' : bareAddress(word);
}
