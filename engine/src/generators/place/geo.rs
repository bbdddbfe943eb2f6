//! Points on the globe, in degrees of WGS 84.

use std::f64::consts::PI;
use std::fmt::Write as _;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, Float64Array};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::lists::List;
use super::super::records::{OfRecord, record_rows};
use super::super::text::TextColumn;
use super::super::{Cells, Fill, Generator, Made, Problems, Rows, RunError};
use crate::locale::City;
use crate::plan::Context;
use crate::problem::Problem;
use crate::random::Key;
use crate::types::LogicalType;

/// Degrees north of the row's city.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latitude {}

impl Generator for Latitude {
    const EXAMPLE: &'static str = "{type: latitude}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        of_city(cx, |city| city.latitude)
    }
}

/// Degrees east of the row's city.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Longitude {}

impl Generator for Longitude {
    const EXAMPLE: &'static str = "{type: longitude}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        of_city(cx, |city| city.longitude)
    }
}

/// A number of the row's city.
fn of_city(cx: &mut Context<'_>, number: fn(&City) -> f64) -> Result<Made, Problems> {
    let numbers = Float64Array::from_iter_values(cx.locale().cities().iter().map(number));
    let list = List { logical: LogicalType::Float, values: Arc::new(numbers) };
    let row = cx.attribute("place_row")?;
    Ok(Made::computed(LogicalType::Float, OfRecord { row, list }))
}

/// How a point is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum PointForm {
    /// Well-known text: `POINT (-77.0282 -12.0432)`.
    Wkt,
    /// GeoJSON: `{"type":"Point","coordinates":[-77.0282,-12.0432]}`.
    Geojson,
    /// Latitude and longitude: `-12.0432,-77.0282`.
    Pair,
}

/// A point on the globe: somewhere in a box or in a circle, else where the row's city lies.
#[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GeoPoint {
    /// The middle of a circle, `[longitude, latitude]` as in GeoJSON; the row's city when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    around: Option<[f64; 2]>,
    /// The radius of the circle in kilometres, each place in it equally likely; when absent, 10 around a point that is given and 0 around the
    /// row's city.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 20_000))]
    radius_km: Option<f64>,
    /// A box, `[west, south, east, north]` in degrees, each place in it equally likely; across the 180th meridian west is above east. Not
    /// together with a circle.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    bbox: Option<[f64; 4]>,
    /// How it is written: `wkt`, `geojson`, or `pair` for latitude and longitude; wkt when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    form: Option<PointForm>,
}

/// The radius of a sphere as large as the Earth, in kilometres (IUGG, mean radius R1).
const EARTH_KM: f64 = 6371.0088;

/// The circle's radius around a point where the schema says nothing, in kilometres.
const USUAL_RADIUS_KM: f64 = 10.0;

impl Generator for GeoPoint {
    const EXAMPLE: &'static str = "{type: geo_point, around: [-77.03, -12.05], radius_km: 20, form: wkt}";
    const ATTRIBUTE: bool = true;

    fn compile(&self, cx: &mut Context<'_>) -> Result<Made, Problems> {
        self.check()?;
        let within = match (self.bbox, self.around) {
            (Some([west, south, east, north]), _) => {
                let width = if east < west { east + 360.0 - west } else { east - west };
                let (low, high) = (libm::sin(radians(south)), libm::sin(radians(north)));
                Area::Box { west, width, low, high }
            }
            (None, Some([longitude, latitude])) => {
                Area::Circle { latitude, longitude, cap: cap(self.radius_km.unwrap_or(USUAL_RADIUS_KM)) }
            }
            (None, None) => {
                let points = cx.locale().cities().iter().map(|city| (city.latitude, city.longitude)).collect();
                Area::City { row: cx.attribute("place_row")?, points, cap: cap(self.radius_km.unwrap_or(0.0)) }
            }
        };
        let fill = Points { key: cx.key("value"), within, form: self.form.unwrap_or(PointForm::Wkt) };
        Ok(Made::drawn(LogicalType::String, fill))
    }
}

impl GeoPoint {
    fn check(&self) -> Result<(), Problems> {
        let refuse = |detail: String, place: &str| Err(vec![Problem::new("out_of_range", detail).at(place)]);
        let latitude = |degrees: f64| (-90.0..=90.0).contains(&degrees);
        let longitude = |degrees: f64| (-180.0..=180.0).contains(&degrees);
        if let Some([east, north]) = self.around
            && !(longitude(east) && latitude(north))
        {
            return refuse(format!("[{east}, {north}] is no longitude and latitude in degrees"), "/around");
        }
        if let Some([west, south, east, north]) = self.bbox {
            if self.around.is_some() || self.radius_km.is_some() {
                let problem = Problem::new("two_sources", "a box and a circle both say where the point lies");
                return Err(vec![problem.remedy("leave bbox out, or around and radius_km").at("/bbox")]);
            }
            if !(longitude(west) && longitude(east) && latitude(south) && latitude(north) && south <= north) {
                let detail = format!("[{west}, {south}, {east}, {north}] is no box of west, south, east and north");
                return refuse(detail, "/bbox");
            }
        }
        match self.radius_km {
            Some(radius) if !(0.0..=20_000.0).contains(&radius) => {
                refuse(format!("a radius of {radius} km is not between 0 and 20000"), "/radius_km")
            }
            _ => Ok(()),
        }
    }
}

fn radians(degrees: f64) -> f64 {
    degrees * (PI / 180.0)
}

fn degrees(radians: f64) -> f64 {
    radians * (180.0 / PI)
}

/// 1 − cos of a circle's angular radius: its area in units of half the sphere.
fn cap(radius_km: f64) -> f64 {
    1.0 - libm::cos((radius_km / EARTH_KM).min(PI))
}

/// Where points lie.
enum Area {
    /// In a box: degrees of longitude, sines of latitude.
    Box { west: f64, width: f64, low: f64, high: f64 },
    /// In a circle.
    Circle { latitude: f64, longitude: f64, cap: f64 },
    /// In a circle around the row's city.
    City { row: usize, points: Vec<(f64, f64)>, cap: f64 },
}

struct Points {
    key: Key,
    within: Area,
    form: PointForm,
}

/// A number in [0, 1) of 53 bits.
fn unit(word: u64) -> f64 {
    (word >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// The point at a distance and bearing from another, as on a sphere: the distance such that areas are alike.
fn around(latitude: f64, longitude: f64, cap: f64, distance: f64, bearing: f64) -> (f64, f64) {
    if cap == 0.0 {
        return (latitude, longitude);
    }
    let cosine = 1.0 - distance * cap;
    let sine = libm::sqrt((1.0 - cosine * cosine).max(0.0));
    let turn = bearing * 2.0 * PI;
    let (north, east) = (radians(latitude), radians(longitude));
    let (sine_north, cosine_north) = (libm::sin(north), libm::cos(north));
    let height = (sine_north * cosine + cosine_north * sine * libm::cos(turn)).clamp(-1.0, 1.0);
    let aside = libm::atan2(libm::sin(turn) * sine * cosine_north, cosine - sine_north * height);
    (degrees(libm::asin(height)), wrapped(degrees(east + aside)))
}

/// A longitude from −180 to 180.
fn wrapped(longitude: f64) -> f64 {
    if longitude > 180.0 {
        longitude - 360.0
    } else if longitude < -180.0 {
        longitude + 360.0
    } else {
        longitude
    }
}

impl Fill for Points {
    fn fill(&self, cells: &Cells<'_>, rows: &Rows) -> Result<ArrayRef, RunError> {
        let key = cells.key(&self.key);
        let cities = match &self.within {
            Area::City { row, .. } => Some(record_rows(cells, *row)?),
            _ => None,
        };
        let mut column = TextColumn::with_capacity(rows.len(), 32);
        for (position, row) in rows.iter().enumerate() {
            let mut cell = key.cell(row);
            let (u, v) = (unit(cell.next()), unit(cell.next()));
            let (latitude, longitude) = match &self.within {
                Area::Box { west, width, low, high } => {
                    (degrees(libm::asin((low + u * (high - low)).clamp(-1.0, 1.0))), wrapped(west + v * width))
                }
                Area::Circle { latitude, longitude, cap } => around(*latitude, *longitude, *cap, u, v),
                Area::City { points, cap, .. } => {
                    let (latitude, longitude) = points[cities.map_or(0, |cities| cities[position]) as usize];
                    around(latitude, longitude, *cap, u, v)
                }
            };
            write_point(latitude, longitude, self.form, column.out())
                .map_err(|error| RunError::new(error.to_string()))?;
            column.end();
        }
        Ok(Arc::new(column.finish()))
    }
}

/// Appends a point with six decimal places, a tenth of a metre.
fn write_point(latitude: f64, longitude: f64, form: PointForm, out: &mut String) -> std::fmt::Result {
    // What rounds to nothing has no sign.
    let plain = |degrees: f64| if libm::fabs(degrees) < 5e-7 { 0.0 } else { degrees };
    let (latitude, longitude) = (plain(latitude), plain(longitude));
    match form {
        PointForm::Wkt => write!(out, "POINT ({longitude:.6} {latitude:.6})"),
        PointForm::Geojson => {
            write!(out, "{{\"type\":\"Point\",\"coordinates\":[{longitude:.6},{latitude:.6}]}}")
        }
        PointForm::Pair => write!(out, "{latitude:.6},{longitude:.6}"),
    }
}
