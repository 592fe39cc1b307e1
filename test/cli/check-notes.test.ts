import t from 'tap';
import { placeNotes } from '../../lib/cli/check-notes.ts';
import { siteSettings } from '../support/settings.ts';

await t.test('a local disk needs no words', (t) => {
  t.same(placeNotes({ ...siteSettings('/nowhere'), spool: '/nowhere/at/all' }), []);
  t.end();
});

await t.test('a file system that keeps changes to itself is named', (t) => {
  const asked: string[] = [];
  const notes = placeNotes({ ...siteSettings('/nowhere'), spool: '/nowhere/at/all' }, (path) => {
    asked.push(path);
    return 'NFS';
  });
  t.same(asked, ['/'], 'of the directory that is there');
  t.equal(notes.length, 1);
  t.match(notes[0], /^\/nowhere\/at\/all is on NFS, .* found by the sweep/);
  t.end();
});
