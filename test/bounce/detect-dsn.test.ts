import t from 'tap';
import { detectDsn } from '../../lib/bounce/detect-dsn.ts';
import { messageOf } from './message-of.ts';

const TYPE = ['Content-Type: message/delivery-status'];
const group = (address: string, action: string, status: string) =>
  `Final-Recipient: rfc822; ${address}\nAction: ${action}\nStatus: ${status}\n`;

await t.test('those who failed, and no others', async (t) => {
  const text = [
    'Reporting-MTA: dns; mx.example.net\n',
    `${group('ann@example.org', 'failed', '5.1.1')}Diagnostic-Code: smtp; 550 no\n  such user\n`,
    group('ben@example.com', 'delayed', '4.4.1'),
    group('cyd@example.com', 'delivered', '2.0.0'),
    group('dan@example.com', 'failed', '2.0.0'),
  ].join('\n');
  t.strictSame(detectDsn(await messageOf(text, { fields: TYPE })), [
    { address: 'ann@example.org', status: '5.1.1', diagnostic: '550 no such user' },
    { address: 'dan@example.com', status: null, diagnostic: null },
  ]);
});

await t.test('a diagnostic is kept within bounds', async (t) => {
  const text = `${group('ann@example.org', 'failed', '5.0.0')}Diagnostic-Code: smtp; ${'no '.repeat(1000)}\n`;
  const [found] = detectDsn(await messageOf(text, { fields: TYPE })) ?? [];
  t.equal(found?.diagnostic?.length, 1000);
});

await t.test('what is something else', async (t) => {
  t.equal(detectDsn(await messageOf(group('ann@example.org', 'failed', '5.1.1'))), null, 'in the text');
  const delayed = await messageOf(group('ann@example.org', 'delayed', '4.0.0'), { fields: TYPE });
  t.equal(detectDsn(delayed), null, 'a delay');
});
