//! The quantile function of the normal distribution by Acklam's rational approximation: relative error below 1.2e-9, ample for cents.

/// The value below which a standard normal lies with probability `p`.
#[inline(always)]
pub fn quantile(p: f64) -> f64 {
    const TAIL: f64 = 0.024_25;
    if (TAIL..=1.0 - TAIL).contains(&p) {
        let q = p - 0.5;
        let r = q * q;
        let above = horner(
            r,
            [
                -3.969_683_028_665_376e1,
                2.209_460_984_245_205e2,
                -2.759_285_104_469_687e2,
                1.383_577_518_672_69e2,
                -3.066_479_806_614_716e1,
                2.506_628_277_459_239,
            ],
        );
        let below = horner(
            r,
            [
                -5.447_609_879_822_406e1,
                1.615_858_368_580_409e2,
                -1.556_989_798_598_866e2,
                6.680_131_188_771_972e1,
                -1.328_068_155_288_572e1,
                1.0,
            ],
        );
        q * above / below
    } else {
        let q = (-2.0 * p.min(1.0 - p).ln()).sqrt();
        let above = horner(
            q,
            [
                -7.784_894_002_430_293e-3,
                -3.223_964_580_411_365e-1,
                -2.400_758_277_161_838,
                -2.549_732_539_343_734,
                4.374_664_141_464_968,
                2.938_163_982_698_783,
            ],
        );
        let below = horner(
            q,
            [7.784_695_709_041_462e-3, 3.224_671_290_700_398e-1, 2.445_134_137_142_996, 3.754_408_661_907_416, 1.0],
        );
        if p < 0.5 { above / below } else { -above / below }
    }
}

#[inline(always)]
fn horner<const N: usize>(x: f64, coefficients: [f64; N]) -> f64 {
    coefficients.iter().fold(0.0, |value, c| value * x + c)
}
