// What a story expects of an answer, of whichever generated client.

import { strict as assert } from "node:assert";

interface Answer<Data> {
  data?: Data | undefined;
  error?: unknown;
  response?: Response | undefined;
}

/** The body of a success. */
export function bodyOf<Data>(answer: Answer<Data>, status: number): Data {
  assert.equal(answer.response?.status, status, JSON.stringify(answer.error));
  assert(answer.data !== undefined);
  return answer.data;
}

/** See that a request is refused, with a body. */
export function refused(answer: Answer<unknown>, status: number): void {
  assert.equal(answer.response?.status, status, JSON.stringify(answer.data));
  assert(answer.error);
}
