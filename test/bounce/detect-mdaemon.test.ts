import t from 'tap';
import { detectMdaemon } from '../../lib/bounce/detect-mdaemon.ts';
import { messageOf } from './message-of.ts';

await t.test('the address', async (t) => {
  const text = [
    'The attached message had PERMANENT fatal delivery errors.',
    '',
    'Failed address: <ann@example.org>',
    '',
    '--- Session Transcript ---',
  ].join('\n');
  t.strictSame(detectMdaemon(await messageOf(text)), [
    { address: 'ann@example.org', status: null, diagnostic: null },
  ]);
});

await t.test('what is something else', async (t) => {
  t.equal(
    detectMdaemon(
      await messageOf(
        'The attached message had TRANSIENT delivery errors.\n\nFailed address: ann@example.org',
      ),
    ),
    null,
    'errors that pass',
  );
  t.equal(
    detectMdaemon(await messageOf('The attached message had PERMANENT fatal delivery errors.')),
    null,
    'nobody',
  );
});
