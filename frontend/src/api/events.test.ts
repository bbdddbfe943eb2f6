import { describe, expect, it } from "vitest";
import { makeEventReader } from "./events";

describe("the reader of events", () => {
  it("gives an event once it is whole, wherever the stream was cut", () => {
    const read = makeEventReader();
    expect(read("event: prog")).toEqual([]);
    expect(read('ress\ndata: {"a":')).toEqual([]);
    expect(read("1}\n\nevent: progress\ndata: 2\nid: 7\n\n")).toEqual([
      { event: "progress", data: '{"a":1}', id: null },
      { event: "progress", data: "2", id: "7" },
    ]);
  });
  it("passes over comments and joins lines of data", () => {
    const read = makeEventReader();
    expect(read(": keep\n\ndata: a\r\ndata: b\r\n\r\n")).toEqual([
      { event: "message", data: "a\nb", id: null },
    ]);
  });
});
