import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it } from "vitest";
import "@/i18n";
import { TooltipProvider } from "@/ui/tooltip";
import { type FormContextValue, type FormPath, FormProvider } from "./context";
import { type Field, fieldsOf, type JsonSchema } from "./schema";
import { SchemaForm } from "./schema-form";

const ROOT: JsonSchema = {
  $defs: { SqlParam: { type: "object", properties: { sql: { type: "string" } } }, Generator: {} },
};

const FIELDS = fieldsOf(
  {
    properties: {
      mean: {
        anyOf: [{ type: "number" }, { $ref: "#/$defs/SqlParam" }],
        description: "Its mean; 5 when absent.",
      },
      flag: { type: ["boolean", "null"], description: "Whether; true when absent." },
      names: { type: "array", items: { type: "string" }, description: "Names." },
      shares: { type: "object", additionalProperties: { type: "number" }, description: "Shares." },
      use: { $ref: "#/$defs/Generator" },
      any: { description: "Anything." },
    },
    required: ["any"],
  },
  ROOT,
);

function put(value: unknown, path: FormPath, next: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return next;
  if (Array.isArray(value))
    return value.map((item, at) => (at === step ? put(item, rest, next) : item));
  const { [step]: old, ...others } = (value ?? {}) as Record<string, unknown>;
  const made = put(old, rest, next);
  return made === undefined ? others : { ...others, [step]: made };
}

let current: unknown;
/** Changes the value as another view would. */
let change: (value: unknown) => void;

function Harness({
  fields,
  first,
  more = {},
}: {
  fields: Field[];
  first: unknown;
  more?: Partial<FormContextValue>;
}) {
  const [value, setValue] = useState(first);
  current = value;
  change = setValue;
  const form: FormContextValue = {
    set: (path, next) => setValue((old: unknown) => put(old, path, next)),
    problemAt: () => undefined,
    generator: (_, held, label) => <output aria-label={label}>{JSON.stringify(held)}</output>,
    suggestions: () => [],
    sqlNames: ["price", "buyer.price_list"],
    readOnly: false,
    ...more,
  };
  return (
    <TooltipProvider>
      <FormProvider value={form}>
        <SchemaForm fields={fields} path={[]} value={value} />
      </FormProvider>
    </TooltipProvider>
  );
}

const only = (name: string) => FIELDS.filter((field) => field.name === name);

afterEach(cleanup);

describe("a form from a JSON Schema", () => {
  it("reads numbers as people type them, steps with the arrows and gives the old one back", () => {
    render(<Harness fields={only("mean")} first={{ mean: 3 }} />);
    const input = screen.getByLabelText("mean");
    fireEvent.focus(input);
    fireEvent.change(input, { target: { value: "1.2k" } });
    expect(current).toEqual({ mean: 1200 });
    fireEvent.keyDown(input, { key: "ArrowUp", shiftKey: true });
    expect(current).toEqual({ mean: 1210 });
    fireEvent.keyDown(input, { key: "Escape" });
    expect(current).toEqual({ mean: 3 });
    fireEvent.change(input, { target: { value: "" } });
    expect(current).toEqual({});
    fireEvent.change(input, { target: { value: "soon" } });
    expect(current).toEqual({ mean: "soon" });
  });

  it("shows a value that was changed elsewhere in place of what was typed", () => {
    render(<Harness fields={only("mean")} first={{ mean: 3 }} />);
    const input = screen.getByLabelText<HTMLInputElement>("mean");
    fireEvent.change(input, { target: { value: "1.5k" } });
    expect(input.value).toBe("1.5k");
    act(() => change({ mean: 3 }));
    expect(input.value).toBe("3");
  });

  it("takes SQL instead of a value and goes back", () => {
    render(<Harness fields={only("mean")} first={{ mean: 3 }} />);
    fireEvent.click(screen.getByRole("button", { name: /SQL/ }));
    expect(current).toEqual({ mean: { sql: "3" } });
    fireEvent.change(screen.getByLabelText("mean"), { target: { value: "a + 1" } });
    expect(current).toEqual({ mean: { sql: "a + 1" } });
    fireEvent.click(screen.getByRole("button", { name: /SQL/ }));
    expect(current).toEqual({});
  });

  it("completes names in SQL, but not inside of a literal", () => {
    render(<Harness fields={only("mean")} first={{ mean: { sql: "" } }} />);
    const input = screen.getByRole("textbox");
    fireEvent.change(input, { target: { value: "2 * pri" } });
    expect(screen.getAllByRole("option").map((option) => option.textContent)).toEqual([
      "price",
      "buyer.price_list",
    ]);
    fireEvent.keyDown(input, { key: "ArrowDown" });
    fireEvent.keyDown(input, { key: "Enter" });
    expect(current).toEqual({ mean: { sql: "2 * buyer.price_list" } });
    fireEvent.change(input, { target: { value: "a = 'pri" } });
    expect(screen.queryByRole("option")).toBeNull();
  });

  it("writes a truth only where it is not the default", () => {
    render(<Harness fields={only("flag")} first={{}} />);
    const toggle = screen.getByRole("switch");
    expect(toggle.getAttribute("aria-checked")).toBe("true");
    fireEvent.click(toggle);
    expect(current).toEqual({ flag: false });
    fireEvent.click(toggle);
    expect(current).toEqual({});
  });

  it("edits lists item by item and takes a pasted list", () => {
    render(<Harness fields={only("names")} first={{ names: ["a"] }} />);
    fireEvent.change(screen.getByLabelText(/1$/), { target: { value: "b" } });
    const add = screen.getByPlaceholderText(/paste/);
    fireEvent.paste(add, { clipboardData: { getData: () => 'c, 5\n"d, e"' } });
    expect(current).toEqual({ names: ["b", "c", "5", "d, e"] });
    for (const button of screen.getAllByRole("button", { name: /^Remove/ }).slice(1))
      fireEvent.click(button);
    expect((current as { names: string[] }).names.length).toBeLessThan(4);
  });

  it("edits maps by key and hands generators on", () => {
    render(
      <Harness
        fields={[...only("shares"), ...only("use")]}
        first={{ shares: { x: 1 }, use: { type: "t" } }}
      />,
    );
    const key = screen.getByLabelText(/Key of/);
    fireEvent.change(key, { target: { value: "y" } });
    fireEvent.keyDown(key, { key: "Enter" });
    expect(current).toEqual({ shares: { y: 1 }, use: { type: "t" } });
    expect(screen.getByRole("status").textContent).toBe('{"type":"t"}');
  });

  it("shows a problem at its field, in place of the hint", () => {
    render(
      <Harness
        fields={only("any")}
        first={{ any: "x" }}
        more={{
          problemAt: ([name]) =>
            name === "any" ? { text: "x is too much", severity: "error" } : undefined,
        }}
      />,
    );
    const input = screen.getByLabelText(/any/);
    expect(input.getAttribute("aria-invalid")).toBe("true");
    expect(document.getElementById(input.getAttribute("aria-describedby") ?? "")?.textContent).toBe(
      "x is too much",
    );
    fireEvent.change(input, { target: { value: "7" } });
    expect(current).toEqual({ any: 7 });
  });

  it("changes nothing where it may only be read", () => {
    render(<Harness fields={only("mean")} first={{ mean: 3 }} more={{ readOnly: true }} />);
    expect(screen.getByLabelText("mean").hasAttribute("readonly")).toBe(true);
    expect(screen.queryByRole("button", { name: /SQL/ })).toBeNull();
  });
});
