// Talks to the workspace's own process, and to nobody else.

const token = document.querySelector("meta[name=workspace-token]").content;

/** The screen of a person, as soon as it is not the one that is known. */
export async function screen(where, known, signal) {
  const query = new URLSearchParams({ ...where, known });
  const response = await fetch(`/api/screen?${query}`, { signal });
  if (!response.ok) throw new Error((await response.json()).error);
  return response.json();
}

/** Do something as a person; `problem` in the answer is a sentence for them. */
export function act(as, what, details = {}) {
  return post("/api/act", { as, do: what, ...details });
}

/** Turn the clock, break something, mend it. */
export function world(what, details = {}) {
  return post("/api/world", { do: what, ...details });
}

async function post(path, body) {
  try {
    const response = await fetch(path, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Workspace-Token": token },
      body: JSON.stringify(body),
    });
    const told = await response.json();
    if (response.ok) return told;
    return { problem: `That did not work: ${told.error}.` };
  } catch {
    return { problem: "The workspace does not answer. Is it still running in your terminal?" };
  }
}
