import { describe, expect, it } from "vitest";
import { changesOf, DraftStore } from "./draft";
import { EMPTY, PAUSE, record, redo, undo } from "./history";

const label = { key: "modeller.step.set" };

function memory() {
  const data = new Map<string, string>();
  return {
    getItem: (key: string) => data.get(key) ?? null,
    setItem: (key: string, value: string) => void data.set(key, value),
    removeItem: (key: string) => void data.delete(key),
  };
}

describe("history", () => {
  it("takes typing in one place as one step until a pause", () => {
    let history = record(EMPTY, "a: 1", "a: 12", { label, pointer: "/a", group: "/a", time: 0 });
    history = record(history, "a: 12", "a: 123", {
      label,
      pointer: "/a",
      group: "/a",
      time: PAUSE - 1,
    });
    expect(history.done).toHaveLength(1);
    history = record(history, "a: 123", "a: 1234", {
      label,
      pointer: "/a",
      group: "/a",
      time: 3 * PAUSE,
    });
    expect(history.done).toHaveLength(2);
    const back = undo(history, "a: 1234");
    expect(back?.text).toBe("a: 123");
    expect(undo(back?.history ?? EMPTY, "a: 123")?.text).toBe("a: 1");
    expect(redo(back?.history ?? EMPTY, "a: 123")?.text).toBe("a: 1234");
  });

  it("takes a drag as one step, however long it lasts", () => {
    let history = record(EMPTY, "1", "2", { label, pointer: "", group: "drag 1", time: 0 });
    history = record(history, "2", "3", { label, pointer: "", group: "drag 1", time: 9 * PAUSE });
    expect(history.done).toHaveLength(1);
    history = record(history, "3", "4", { label, pointer: "", group: "drag 2", time: 9 * PAUSE });
    expect(history.done).toHaveLength(2);
  });

  it("drops a step that typing has taken back", () => {
    const history = record(EMPTY, "a", "ab", { label, pointer: "", group: "x", time: 0 });
    expect(
      record(history, "ab", "a", { label, pointer: "", group: "x", time: 10 }).done,
    ).toHaveLength(0);
  });

  it("forgets what was undone once something else is done", () => {
    const history = record(EMPTY, "a", "b", { label, pointer: "", time: 0 });
    const back = undo(history, "b");
    expect(
      record(back?.history ?? EMPTY, "a", "c", { label, pointer: "", time: 5 }).undone,
    ).toHaveLength(0);
  });
});

describe("draft", () => {
  const base = { version: 3, etag: '"e"', text: "name: a\n" };

  it("survives a reload until it is saved", () => {
    const storage = memory();
    const first = new DraftStore("1", base, storage);
    first.edit("name: b\n", { label, pointer: "/name" });
    const second = new DraftStore("1", { ...base, version: 4, etag: '"f"' }, storage);
    expect(second.get().text).toBe("name: b\n");
    expect(second.get().base.version).toBe(3);
    second.undo();
    expect(second.get().text).toBe("name: a\n");
    second.redo();
    second.saved({ version: 5, etag: '"g"', text: "name: b\n" });
    expect(storage.getItem("modeller.draft.1")).toBeNull();
    expect(changesOf(second.get())).toBe(0);
    second.edit("name: c\n", { label, pointer: "/name" });
    expect(changesOf(second.get())).toBe(1);
  });

  it("undoes a step later on, with what came after it", () => {
    const store = new DraftStore("1", base, null);
    store.edit("name: b\n", { label, pointer: "/name" });
    const undo = store.undoing();
    store.edit("name: c\n", { label, pointer: "/name" });
    undo();
    expect(store.get().text).toBe("name: a\n");
    undo();
    expect(store.get().history.undone).toHaveLength(2);
  });

  it("keeps the last schema that parsed while the text does not", () => {
    const store = new DraftStore("1", base, null);
    store.edit("name: [", { label, pointer: "" });
    expect(store.get().reading.value).toBeUndefined();
    expect(store.get().schema).toEqual({ name: "a" });
  });
});
