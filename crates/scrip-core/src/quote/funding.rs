use crate::{
    campaign::{FunderKind, Funding},
    cart::Cart,
    discount::{FundedUnits, Funder, LineShare, ShippingShare},
    money::{Amount, split},
    name::SellerId,
};

/// Splits a coupon's discount over its funders, exactly in both directions.
///
/// The total goes over the funders first (largest remainder by basis points, ties to the earlier); then, funder by
/// funder, each total over the lines and shipping and each line's part over its units, with weights = what of the
/// discount there isn't funded yet; the last funder takes the rest. Source: rules, Who pays.
pub(super) fn fund(funding: &[Funding], cart: &Cart, shares: &mut [LineShare], shipping: &mut [ShippingShare]) {
    if let [only] = funding {
        for share in shares {
            let funder = funder(only.funder, &cart.lines()[usize::from(share.line)].seller);
            share.funding = vec![FundedUnits { funder, units: share.units.clone() }];
        }
        for share in shipping {
            share.funding = vec![(funder(only.funder, &share.seller), share.amount)];
        }
        return;
    }
    let by_share: Vec<Amount> = funding.iter().map(|part| Amount::of(i64::from(part.share_bp.get()))).collect();
    let discount = shares.iter().map(|share| share.amount).chain(shipping.iter().map(|share| share.amount)).sum();
    let totals = split(discount, &by_share);
    let mut unfunded_units: Vec<_> = shares.iter().map(|share| share.units.clone()).collect();
    let mut unfunded_shipping: Vec<_> = shipping.iter().map(|share| share.amount).collect();
    for (part, total) in funding.iter().zip(totals) {
        let weights: Vec<Amount> =
            unfunded_units.iter().map(crate::money::Runs::total).chain(unfunded_shipping.iter().copied()).collect();
        let parts = split(total, &weights);
        let (line_parts, shipping_parts) = parts.split_at(shares.len());
        for ((share, unfunded), line_part) in shares.iter_mut().zip(&mut unfunded_units).zip(line_parts) {
            if line_part.is_zero() {
                continue;
            }
            let units = unfunded.split(*line_part);
            *unfunded = unfunded.minus(&units);
            let funder = funder(part.funder, &cart.lines()[usize::from(share.line)].seller);
            share.funding.push(FundedUnits { funder, units });
        }
        for ((share, unfunded), amount) in shipping.iter_mut().zip(&mut unfunded_shipping).zip(shipping_parts) {
            if amount.is_zero() {
                continue;
            }
            *unfunded -= *amount;
            share.funding.push((funder(part.funder, &share.seller), *amount));
        }
    }
}

fn funder(kind: FunderKind, seller: &SellerId) -> Funder {
    match kind {
        FunderKind::Platform => Funder::Platform,
        FunderKind::Seller => Funder::Seller(seller.clone()),
    }
}
