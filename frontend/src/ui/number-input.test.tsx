import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { describe, expect, it } from "vitest";
import { Field } from "./field";
import { NumberInput, type NumberInputProps } from "./input";

function Held(props: Partial<NumberInputProps> & { start?: number | null }) {
  const { start = 5, ...rest } = props;
  const [value, setValue] = useState<number | null>(start);
  return (
    <>
      <Field label="rows" hint="how many">
        {(ids) => <NumberInput {...ids} {...rest} value={value} onChange={setValue} />}
      </Field>
      <output>{String(value)}</output>
    </>
  );
}

const field = () => screen.getByLabelText("rows") as HTMLInputElement;
const value = () => document.querySelector("output")?.textContent;

describe("the number field", () => {
  it("reads what people type while they type it, and shows it as the page writes numbers", async () => {
    render(<Held show={(number) => number.toLocaleString("en-US")} />);
    const user = userEvent.setup();
    await user.click(field());
    await user.keyboard("1.2k");
    expect(value()).toBe("1200");
    expect(field().value).toBe("1.2k");
    await user.tab();
    expect(field().value).toBe("1,200");
  });

  it("moves by a step, ten and a tenth, and stays within its bounds", async () => {
    render(<Held min={0} max={16} />);
    const user = userEvent.setup();
    await user.click(field());
    await user.keyboard("{ArrowUp}");
    expect(value()).toBe("6");
    await user.keyboard("{Shift>}{ArrowUp}{ArrowUp}{/Shift}");
    expect(value()).toBe("16");
    await user.keyboard("{Alt>}{ArrowDown}{/Alt}");
    expect(value()).toBe("15.9");
    await user.keyboard("{Shift>}{ArrowDown}{ArrowDown}{/Shift}");
    expect(value()).toBe("0");
  });

  it("gives the last value back on Escape", async () => {
    render(<Held />);
    const user = userEvent.setup();
    await user.click(field());
    await user.keyboard("77");
    expect(value()).toBe("77");
    await user.keyboard("{Escape}");
    expect(value()).toBe("5");
  });

  it("is empty only where that is an answer", async () => {
    const { rerender } = render(<Held key="needed" />);
    const user = userEvent.setup();
    await user.clear(field());
    expect(value()).toBe("5");
    rerender(<Held key="optional" optional />);
    await user.clear(field());
    expect(value()).toBe("null");
  });

  it("belongs to its label and its hint", () => {
    render(<Held />);
    expect(
      document.getElementById(field().getAttribute("aria-describedby") ?? "")?.textContent,
    ).toBe("how many");
  });
});
