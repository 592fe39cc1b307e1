import t from 'tap';
import { detectGmail } from '../../lib/bounce/detect-gmail.ts';
import { messageOf } from './message-of.ts';

await t.test('the old form', async (t) => {
  const text = [
    'Delivery to the following recipient failed permanently:',
    '',
    '     ann@example.org',
    '',
    'Technical details of permanent failure: ',
    'zoe@example.com said no',
  ].join('\n');
  t.strictSame(detectGmail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: null },
  ]);
});

await t.test('the new form', async (t) => {
  const text = [
    "Your message wasn't delivered to ann@example.org because the address couldn't be found.",
    '',
    'The response was:',
  ].join('\n');
  t.strictSame(detectGmail(await messageOf(text)), [
    {
      address: 'ann@example.org',
      status: null,
      diagnostic: "because the address couldn't be found. The response was:",
    },
  ]);
});

await t.test('with a curly apostrophe', async (t) => {
  const text = ['Your message wasn’t delivered to ann@example.org because.'].join('\n');
  t.strictSame(detectGmail(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: 'because.' },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectGmail(await messageOf('There was a temporary problem delivering your message to ann@example.org.')),
    null,
    'a delay',
  );
  t.equal(
    detectGmail(await messageOf("> Your message wasn't delivered to ann@example.org because")),
    null,
    'quoted',
  );
});
