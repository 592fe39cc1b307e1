import { chmodSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { newsSchema } from '../../lib/config/news-schema.ts';
import { judged } from './mistakes.ts';

const base = t.testdir({ password: 'x' });
chmodSync(path.join(base, 'password'), 0o600);
const auth = { user: 'lists', password_file: 'password' };
const news = (data: unknown) => judged(newsSchema(base), data);

await t.test('news', async (t) => {
  const settings = { host: 'news.example.org', port: 119, tls: 'never', auth: null, timeoutMs: 60_000 };
  t.same(news({ host: 'news.example.org' }), settings);
  t.same(news({ host: 'news.example.org', tls: 'implicit' }), { ...settings, tls: 'implicit', port: 563 });
  t.match(news({}), [/^host: found no key "host"/]);
  t.match(news({ host: 'news.example.org', auth }), [
    /^tls: found nothing together with auth, wanted implicit/,
  ]);
  t.match(news({ host: 'localhost', auth }), { auth: { user: 'lists' } });
});
