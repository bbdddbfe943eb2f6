//! The certificate as a page: stands alone, prints well, runs nothing.

use std::fmt::{self, Display, Write};

use serde_json::Value;

use super::certificate::{Certificate, Fit, RuleResult};

const STYLE: &str = "\
:root{color-scheme:light;--ink:#1a1d21;--quiet:#5b6470;--line:#d9dee4;--good:#176b3a;--bad:#a4161a;--open:#8a5a00}\
*{box-sizing:border-box}body{margin:2.5rem auto;padding:0 1.5rem;max-width:60rem;color:var(--ink);background:#fff;\
font:15px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}\
h1{font-size:1.6rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2rem 0 .5rem;break-after:avoid}\
p{margin:.25rem 0}.quiet{color:var(--quiet)}.verdict{font-size:1.15rem;font-weight:600;margin:1rem 0}\
.good{color:var(--good)}.bad{color:var(--bad)}.open{color:var(--open)}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem;margin:1rem 0}dt{color:var(--quiet)}dd{margin:0}\
table{width:100%;border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.4rem .6rem .4rem 0;\
border-bottom:1px solid var(--line)}th{font-weight:600;color:var(--quiet);font-size:.85rem}\
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}\
td:first-child{overflow-wrap:anywhere}code{font:13px/1.45 ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}\
ul{margin:.3rem 0 0;padding-left:1.1rem}tr{break-inside:avoid}thead{display:table-header-group}\
@page{margin:18mm}@media print{body{margin:0;max-width:none;padding:0;font-size:10pt}code{font-size:9pt}}";

/// The page of a certificate.
pub(super) fn page(certificate: &Certificate) -> String {
    let mut page = String::new();
    // Writing to a text cannot fail.
    let _ = write(&mut page, certificate);
    page
}

fn write(page: &mut String, certificate: &Certificate) -> fmt::Result {
    let name = Text(&certificate.dataset);
    writeln!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>Compliance certificate: {name}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n\
         <h1>Compliance certificate</h1>\n<p class=\"quiet\">{name}</p>"
    )?;
    verdict(page, certificate)?;
    write!(page, "<dl><dt>Engine</dt><dd>{}</dd>", Text(&certificate.engine_version))?;
    if let Some(seed) = certificate.seed {
        write!(page, "<dt>Seed</dt><dd>{seed}</dd>")?;
    }
    writeln!(page, "<dt>Reference time</dt><dd>{}</dd></dl>", Text(&certificate.reference_time))?;
    for table in &certificate.tables {
        let rows = Number(table.rows);
        writeln!(page, "<h2>{} <span class=\"quiet\">· {rows} rows</span></h2>", Text(&table.name))?;
        page.push_str(
            "<table>\n<thead><tr><th>Statement</th><th>Result</th><th class=\"number\">Checked</th>\
             <th class=\"number\">Broken</th></tr></thead>\n<tbody>\n",
        );
        for result in certificate.results.iter().filter(|result| result.table == table.name) {
            row(page, result)?;
        }
        page.push_str("</tbody>\n</table>\n");
        fits(page, certificate.distributions.iter().filter(|fit| fit.table == table.name))?;
        for note in certificate.notes.iter().filter(|note| note.table == table.name) {
            writeln!(
                page,
                "<p class=\"quiet\"><strong>{}</strong>: {}</p>",
                Text(&note.columns.join(", ")),
                Text(&note.text)
            )?;
        }
    }
    page.push_str("</body>\n</html>\n");
    Ok(())
}

/// The distributions that a table's columns declare.
fn fits<'a>(page: &mut String, fits: impl Iterator<Item = &'a Fit>) -> fmt::Result {
    let mut fits = fits.peekable();
    if fits.peek().is_none() {
        return Ok(());
    }
    page.push_str(
        "<table>\n<thead><tr><th>Declared distribution</th><th class=\"number\">Values</th>\
         <th class=\"number\">Chi-square</th><th class=\"number\">p-value</th></tr></thead>\n<tbody>\n",
    );
    for fit in fits {
        write!(page, "<tr><td><strong>{}</strong><br><code>{}</code>", Text(&fit.column), Text(&fit.generator))?;
        if fit.outside > 0 {
            write!(page, "<br><span class=\"open\">{} values outside of it</span>", Number(fit.outside))?;
        }
        write!(page, "</td><td class=\"number\">{}</td><td class=\"number\">", Number(fit.checked))?;
        match (fit.chi_square, fit.degrees_of_freedom) {
            (Some(statistic), Some(degrees)) => write!(page, "{statistic:.2} ({degrees})")?,
            _ => page.push_str("too few values"),
        }
        page.push_str("</td><td class=\"number\">");
        if let Some(p_value) = fit.p_value {
            write!(page, "{p_value:.4}")?;
        }
        page.push_str("</td></tr>\n");
    }
    page.push_str("</tbody>\n</table>\n");
    Ok(())
}

fn verdict(page: &mut String, certificate: &Certificate) -> fmt::Result {
    let broken = certificate.results.iter().filter(|result| !result.holds()).count();
    let unproved = certificate.unproved().count();
    let all = certificate.results.len();
    if broken > 0 {
        writeln!(page, "<p class=\"verdict bad\">{broken} of {all} statements are broken</p>")?;
    } else {
        let holding = if all == 1 { "statement holds" } else { "statements hold" };
        writeln!(page, "<p class=\"verdict good\">{} of {all} {holding}, none is broken</p>", all - unproved)?;
    }
    if unproved > 0 {
        writeln!(page, "<p class=\"open\">{unproved} could not be proved, because the rows lack what they read</p>")?;
    }
    Ok(())
}

fn row(page: &mut String, result: &RuleResult) -> fmt::Result {
    let (class, word) = match (&result.unproved, result.holds()) {
        (_, false) => ("bad", "broken"),
        (Some(_), true) => ("open", "not proved"),
        (None, true) => ("good", "holds"),
    };
    write!(
        page,
        "<tr><td><strong>{}</strong> <span class=\"quiet\">{}</span><br><code>{}</code>",
        Text(&result.id),
        Text(&result.kind),
        Text(&result.statement)
    )?;
    if let Some(reason) = &result.unproved {
        write!(page, "<br><span class=\"open\">{}</span>", Text(reason))?;
    }
    if !result.measures.is_empty() {
        page.push_str("<ul>");
        for measure in &result.measures {
            let what = if measure.what.is_empty() { String::new() } else { format!("{}: ", measure.what) };
            write!(
                page,
                "<li>{}{} <span class=\"quiet\">asked {}</span></li>",
                Text(&what),
                Text(&measure.measured),
                Text(&measure.asked)
            )?;
        }
        page.push_str("</ul>");
    }
    if !result.examples.is_empty() {
        page.push_str("<ul>");
        for example in &result.examples {
            page.push_str("<li><code>");
            show(page, example)?;
            page.push_str("</code></li>");
        }
        page.push_str("</ul>");
    }
    writeln!(
        page,
        "</td><td class=\"{class}\">{word}</td><td class=\"number\">{}</td><td class=\"number\">{}</td></tr>",
        Number(result.checked),
        Number(result.broken)
    )
}

fn show(page: &mut String, example: &Value) -> fmt::Result {
    let Value::Object(values) = example else { return write!(page, "{}", Text(&example.to_string())) };
    for (index, (name, value)) in values.iter().enumerate() {
        let comma = if index > 0 { ", " } else { "" };
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        write!(page, "{comma}{} = {}", Text(name), Text(&value))?;
    }
    Ok(())
}

/// Text in HTML.
struct Text<'a>(&'a str);

impl Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// A number with a comma after each thousand.
struct Number(u64);

impl Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (index, digit) in digits.chars().enumerate() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                f.write_char(',')?;
            }
            f.write_char(digit)?;
        }
        Ok(())
    }
}
