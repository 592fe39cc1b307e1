import t from 'tap';
import { detectMicrosoft365 } from '../../lib/bounce/detect-microsoft365.ts';
import { messageOf } from './message-of.ts';

await t.test('the recipient in the sentence', async (t) => {
  const text = [
    "Your message to ann@example.org couldn't be delivered.",
    '',
    "ann wasn't found at example.org.",
    '',
    'Office 365',
  ].join('\n');
  t.strictSame(detectMicrosoft365(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: "ann wasn't found at example.org. Office 365" },
  ]);
});

await t.test('below it', async (t) => {
  const text = [
    'Delivery has failed to these recipients or groups:',
    '',
    'ann@example.org',
    'The mailbox is full.',
    '',
    'Diagnostic information for administrators:',
    'Generating server: A.eurprd01.prod.outlook.com',
    'zoe@example.com',
  ].join('\n');
  t.strictSame(detectMicrosoft365(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'The mailbox is full.' },
  ]);
});

await t.test('in Japanese', async (t) => {
  const text = ['ann@example.org へのメッセージを配信できませんでした。', '', 'Microsoft 365'].join('\n');
  t.strictSame(detectMicrosoft365(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: '。 Microsoft 365' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectMicrosoft365(await messageOf("Your message to ann@example.org couldn't be delivered.")),
    null,
    'Exchange’s own',
  );
  t.equal(
    detectMicrosoft365(await messageOf('Office 365\n\nWelcome, ann@example.org')),
    null,
    'something else',
  );
});
