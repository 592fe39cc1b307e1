import t from 'tap';
import { htmlText } from '../../lib/bounce/html-text.ts';

await t.test('blocks begin lines, other tags go', async (t) => {
  t.equal(htmlText('<p>one</p><div class="x">t<b>w</b>o<br/>three</div>'), '\none\n\ntwo\nthree\n');
  t.equal(htmlText('a\n  b'), 'a b', 'line ends are blanks');
  t.equal(htmlText('<a href="mailto:x@y.org">a@b.org</a>'), 'a@b.org');
  t.equal(htmlText('<ann@example.org>'), '', 'what looks like a tag is one');
});

await t.test('entities', async (t) => {
  t.equal(htmlText('&lt;a@b.org&gt; &amp;&quot;&#39;&#x27;&nbsp;&AMP;'), "<a@b.org> &\"'' &");
  t.equal(htmlText('&unknown; &#0; &#x110000; & &;'), '&unknown; &#0; &#x110000; & &;');
});
