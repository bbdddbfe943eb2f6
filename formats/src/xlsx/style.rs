//! The look of a workbook, in one place.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, FormatUnderline};

/// Dark petrol: headers and titles.
pub(super) const PETROL: Color = Color::RGB(0x0F4C5C);
/// A tint of petrol: labels.
const PALE: Color = Color::RGB(0xE8F0F2);
/// Text beside the matter.
const GREY: Color = Color::RGB(0x5A6B70);
/// Thin lines between rows.
const LINE: Color = Color::RGB(0xD5DEE1);

/// The formats that cells share.
pub(super) struct Styles {
    /// The names of columns.
    pub header: Format,
    /// The names of columns with numbers, which stand to the right.
    pub header_right: Format,
    /// The workbook's title.
    pub title: Format,
    /// What the dataset is.
    pub subtitle: Format,
    /// The heading of a part.
    pub heading: Format,
    /// A remark below a heading.
    pub remark: Format,
    /// The name of a property.
    pub label: Format,
    /// A property.
    pub value: Format,
    /// Text in a list.
    pub text: Format,
    /// A number in a list.
    pub number: Format,
    /// A word in the middle of a list's cell.
    pub centred: Format,
    /// A way to a sheet.
    pub link: Format,
    /// A rule that holds.
    pub holds: Format,
    /// A rule that does not.
    pub broken: Format,
}

impl Styles {
    pub(super) fn new() -> Styles {
        let header = Format::new()
            .set_bold()
            .set_font_color(Color::White)
            .set_background_color(PETROL)
            .set_align(FormatAlign::VerticalCenter)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(PETROL);
        let cell = Format::new()
            .set_align(FormatAlign::Top)
            .set_border_bottom(FormatBorder::Thin)
            .set_border_bottom_color(LINE);
        let result = cell.clone().set_bold().set_align(FormatAlign::Center);
        Styles {
            header_right: header.clone().set_align(FormatAlign::Right),
            header,
            title: Format::new().set_bold().set_font_size(20).set_font_color(PETROL),
            subtitle: Format::new().set_font_size(11).set_font_color(GREY).set_italic(),
            heading: Format::new().set_bold().set_font_size(14).set_font_color(PETROL),
            remark: Format::new().set_font_color(GREY),
            label: cell.clone().set_bold().set_font_color(PETROL).set_background_color(PALE),
            value: cell.clone().set_align(FormatAlign::Left),
            text: cell.clone().set_text_wrap(),
            number: cell.clone().set_align(FormatAlign::Right).set_num_format("#,##0"),
            centred: cell.clone().set_align(FormatAlign::Center),
            link: cell.clone().set_font_color(PETROL).set_underline(FormatUnderline::Single),
            holds: result.clone().set_font_color(Color::RGB(0x1B6E3C)).set_background_color(Color::RGB(0xDDF3E4)),
            broken: result.set_font_color(Color::RGB(0x9C1C1C)).set_background_color(Color::RGB(0xFBDEDE)),
        }
    }
}
