import t from 'tap';
import { automaticKind } from '../../lib/mail/automatic.ts';
import { parseHeader } from '../../lib/mail/header.ts';

const kind = (head: string, sender: string | null = 'a@b.org') =>
  automaticKind(parseHeader(Buffer.from(head)), sender);

await t.test('a person', async (t) => {
  for (const head of [
    'Subject: x\n',
    '',
    'Auto-Submitted: no\n',
    'Auto-Submitted: No (a comment)\n',
    'Auto-Submitted: \n',
    'Precedence: first-class\n',
    'X-Auto-Response-Suppress: DR, RN\n',
  ]) {
    t.equal(kind(head), 'no', head);
  }
  t.equal(kind('Subject: x\n', null), 'no', 'an unknown sender is not the null sender');
});

await t.test('a program', async (t) => {
  t.equal(kind('Subject: x\n', ''), 'null-sender');
  t.equal(kind('Auto-Submitted: auto-replied; owner=x\n'), 'replied');
  t.equal(kind('auto-submitted: AUTO-Generated\n'), 'generated');
  t.equal(kind('Auto-Submitted: auto-notified\n'), 'generated');
  t.equal(kind('X-Autoreply: yes\n'), 'replied');
  t.equal(kind('Precedence: auto_reply\n'), 'replied');
  for (const word of ['bulk', 'Junk', 'list']) t.equal(kind(`Precedence: ${word}\n`), 'bulk');
  t.equal(kind('List-Id: <x.y.org>\n'), 'bulk');
  t.equal(kind('X-Auto-Response-Suppress: OOF, DR\n'), 'generated');
  t.equal(kind('X-Auto-Response-Suppress: All\n'), 'generated');
});

await t.test('the order', async (t) => {
  t.equal(kind('Auto-Submitted: auto-replied\n', ''), 'null-sender');
  t.equal(kind('Auto-Submitted: auto-replied\nPrecedence: bulk\n'), 'replied');
  t.equal(kind('Auto-Submitted: auto-generated\nX-Autoreply: yes\n'), 'generated');
  t.equal(kind('Auto-Submitted: no\nPrecedence: bulk\n'), 'bulk', '`no` does not hide the rest');
  t.equal(kind('Auto-Submitted: no\nAuto-Submitted: auto-replied\n'), 'replied', 'a second field');
  t.equal(kind('X-Autoreply: yes\nPrecedence: bulk\n'), 'replied');
  t.equal(kind('X-Auto-Response-Suppress: All\nPrecedence: bulk\n'), 'bulk');
});
