// The reference model: what one caller's one key may answer, request after request.

export interface Asked {
  body: number;
  /** What is to go wrong, if the request executes. */
  fault?: "delay" | "failBefore" | "failAfter" | "crashBefore" | "crashAfter";
  /** Others with the key are under way. */
  crowded: boolean;
  /** One of those makes the server die. */
  crashNearby: boolean;
}

export type Answered = {
  is: "mismatch" | "inProgress" | "failed" | "held" | "unmarked" | "replayed";
  text: string;
};

/**
 * `body` is the one that the key belongs to, `text` the answer that it has for ever. It may have one that was lost, or be
 * held, because nobody knows what became of it.
 */
export type Key = { body?: number; text?: string; answerLost?: true; held?: true };

export interface Policy {
  failuresAreSaved: boolean;
  /** What may have taken effect is not run again. */
  holds: boolean;
  marked: boolean;
}

/** The states that the key may be in after the request got this answer; none if it may not get it. */
export function next(key: Key, asked: Asked, answer: Answered, policy: Policy): Key[] {
  const bound = { ...key, body: asked.body };
  const breaks = asked.fault !== undefined && asked.fault !== "delay";
  const lost = answer.is === "failed" && asked.crashNearby;

  if (key.body !== undefined && key.body !== asked.body)
    return answer.is === "mismatch" ? [key] : lost ? [key] : [];
  if (key.text !== undefined) {
    const same = answer.text === key.text && answer.is !== (policy.marked ? "unmarked" : "inProgress");
    return same || lost || (answer.is === "inProgress" && asked.crowded) ? [key] : [];
  }
  if (key.held) return answer.is === "held" || (answer.is === "inProgress" && asked.crowded) ? [key] : [];
  switch (answer.is) {
    case "held":
      return [];
    case "inProgress":
      return asked.crowded ? [bound] : [];
    case "failed":
      if (breaks && policy.failuresAreSaved) return [{ ...bound, text: answer.text }];
      if (policy.holds) return breaks ? [{ ...bound, held: true }] : [];
      if (lost) return [key, bound, { ...bound, answerLost: true }];
      return breaks ? [key, bound] : [];
    case "unmarked":
      return breaks ? [] : [{ ...bound, text: answer.text }];
    case "replayed":
      return key.answerLost ? [{ body: asked.body, text: answer.text }] : [];
    case "mismatch":
      return [];
  }
}
