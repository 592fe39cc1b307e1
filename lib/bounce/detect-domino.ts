/** Lotus Notes and Domino: "was not delivered to:" and "because:". */
import type { Detector } from './detector.ts';
import { listedRecipients, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const TO =
  /^\s*(?:was not delivered to|wurde nicht zugestellt an|n'a pas été remis à|no se (?:ha entregado|entregó) a):$/i;
const BECAUSE = /^\s*(?:because|weil|wegen|car|parce que|porque):$/i;

/** The recipients between the two, with the one reason for all. */
export const detectDomino: Detector = ({ lines }) => {
  const recipients = linesBelow(lines, TO, BECAUSE);
  const reason = linesBelow(lines, BECAUSE, /^-{5,}$/);
  if (recipients === null || reason === null) return null;
  const diagnostic = tidyDiagnostic(reason.slice(0, 10).join(' '));
  const found = listedRecipients(recipients, { named: true });
  // Domino names people by their Notes names too: CN=Ann Example/O=Org.
  if (found.length === 0) return [{ address: null, status: null, diagnostic }];
  return found.map(({ address }) => ({ address, status: null, diagnostic }));
};
