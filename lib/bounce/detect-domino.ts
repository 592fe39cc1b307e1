/**
 * Lotus Notes and Domino: "was not delivered to:" and "because:"; in the oldest form a heading, and each reason with
 * its address below.
 */
import type { Detector } from './detector.ts';
import { addressesIn, type FoundRecipient, listedRecipients, tidyDiagnostic } from './listed-recipients.ts';
import { linesBelow } from './text-form.ts';

const TO =
  /^\s*(?:was not delivered to|wurde nicht zugestellt an|n'a pas été remis à|no se (?:ha entregado|entregó) a):$/i;
const BECAUSE = /^\s*(?:because|weil|wegen|car|parce que|porque):$/i;

const REASONS = /^-{3,} Failure Reasons {1,4}-{3,}$/i;

/** The oldest form: lines of reasons, then the address they are for. */
function belowReasons(lines: readonly string[]): FoundRecipient[] | null {
  const found: FoundRecipient[] = [];
  let reason: string[] = [];
  for (const line of linesBelow(lines, REASONS) ?? []) {
    const [address] = addressesIn(line);
    if (address === undefined) reason.push(line);
    // Nothing else stands on the line of an address.
    else if (line.trim().length <= address.length + 2) {
      found.push({ address, status: null, diagnostic: tidyDiagnostic(reason.join(' ')) });
      reason = [];
    }
  }
  return found.length === 0 ? null : found;
}

/** The recipients between the two, with the one reason for all. */
export const detectDomino: Detector = ({ lines }) => {
  const recipients = linesBelow(lines, TO, BECAUSE);
  const reason = linesBelow(lines, BECAUSE, /^-{5,}$/);
  if (recipients === null || reason === null) return belowReasons(lines);
  const diagnostic = tidyDiagnostic(reason.slice(0, 10).join(' '));
  const found = listedRecipients(recipients, { named: true });
  // Domino names people by their Notes names too: CN=Ann Example/O=Org.
  if (found.length === 0) return [{ address: null, status: null, diagnostic }];
  return found.map(({ address }) => ({ address, status: null, diagnostic }));
};
