//! How much stands on a page of a list.

use std::sync::Arc;

use scrip_core::{
    campaign::{Campaign, Scope},
    cart::Line,
    discount::Applied,
    metadata::Metadata,
    order::{Order, Refund},
};

/// About so many bytes of JSON, unless the first entry is larger by itself.
const PAGE_BYTES: usize = 1024 * 1024;
/// Of an entry, and of a line or a coupon in it, without what it may have any number of.
const ENTRY_BYTES: usize = 1024;
const PART_BYTES: usize = 500;
/// Of a share of a discount, and of a part of a refund, without the id of its line.
const SHARE_BYTES: usize = 200;
const REFUNDED_BYTES: usize = 100;

/// The room that is left.
#[derive(Default)]
pub struct Page {
    bytes: usize,
}

impl Page {
    /// Whether an entry of about so many bytes still fits. The first always does.
    pub fn fits(&mut self, bytes: usize) -> bool {
        let is_first = self.bytes == 0;
        self.bytes += ENTRY_BYTES + bytes;
        is_first || self.bytes <= PAGE_BYTES
    }
}

/// Cuts campaigns to what stands on one page; whether there are more.
pub fn cut(campaigns: &mut Vec<Arc<Campaign>>, limit: usize) -> bool {
    let fitting = fitting(limit, campaigns.iter().map(|campaign| campaign_bytes(campaign)));
    let has_more = campaigns.len() > fitting;
    campaigns.truncate(fitting);
    has_more
}

/// How many of the first `limit` entries stand on one page, given the bytes of each; one at least, if there is any.
pub fn fitting(limit: usize, bytes: impl Iterator<Item = usize>) -> usize {
    let mut page = Page::default();
    bytes.take(limit).take_while(|bytes| page.fits(*bytes)).count()
}

pub fn scope_bytes(scope: &Scope) -> usize {
    let products = scope.products.iter().chain(&scope.exclude_products).map(|id| text_bytes(id.as_str()));
    let categories = scope.categories.iter().chain(&scope.exclude_categories).map(|id| text_bytes(id.as_str()));
    products.chain(categories).sum()
}

fn campaign_bytes(campaign: &Campaign) -> usize {
    let sources = campaign.terms.claims.sources.iter().map(|source| text_bytes(source.source.as_str()) + SHARE_BYTES);
    scope_bytes(&campaign.terms.scope) + sources.sum::<usize>() + metadata_bytes(&campaign.metadata)
}

/// With all refunds that it has in itself.
pub fn order_bytes(order: &Order) -> usize {
    let line = |line: &Line| {
        let categories: usize = line.categories.iter().map(|category| text_bytes(category.as_str())).sum();
        PART_BYTES + text_bytes(line.id.as_str()) + text_bytes(line.product.as_str()) + categories
    };
    let shares = |applied: &Applied| {
        let ids: usize = applied.shares.iter().map(|share| line_id_bytes(order, share.line)).sum();
        PART_BYTES + ids + SHARE_BYTES * (applied.shares.len() + applied.shipping_shares.len())
    };
    metadata_bytes(&order.metadata)
        + order.cart.lines().iter().map(line).sum::<usize>()
        + order.applied().map(shares).sum::<usize>()
        + order.refunds.iter().map(|refund| refund_bytes(order, refund)).sum::<usize>()
}

pub fn refund_bytes(order: &Order, refund: &Refund) -> usize {
    let lines = refund.lines.iter().map(|part| part.line).chain(refund.amounts.iter().map(|part| part.line));
    let ids: usize = lines.map(|line| line_id_bytes(order, line)).sum();
    let parts = refund.lines.len() + refund.amounts.len() + refund.shipping.len();
    let reasons = refund.amounts.iter().flat_map(|part| &part.reason).map(|reason| text_bytes(reason));
    let texts = ids + reasons.sum::<usize>() + metadata_bytes(&refund.metadata);
    texts + REFUNDED_BYTES * (4 + parts + refund.coupons.len() + refund.funding.len())
}

fn metadata_bytes(metadata: &Metadata) -> usize {
    metadata.texts().map(text_bytes).sum()
}

fn line_id_bytes(order: &Order, line: u16) -> usize {
    order.cart.lines().get(usize::from(line)).map_or(0, |line| text_bytes(line.id.as_str()))
}

/// Quoted, escaped, a comma behind it.
fn text_bytes(text: &str) -> usize {
    text.len() + text.bytes().filter(|byte| matches!(byte, b'"' | b'\\')).count() + 3
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_ends_before_the_entry_that_it_has_no_room_for() {
        assert_eq!(fitting(25, std::iter::empty()), 0);
        assert_eq!(fitting(25, std::iter::repeat(0)), 25);
        assert_eq!(fitting(25, std::iter::repeat(PAGE_BYTES)), 1);
        assert_eq!(fitting(25, std::iter::repeat(PAGE_BYTES / 4)), 3);
        assert_eq!(fitting(25, [0, PAGE_BYTES, 0].into_iter()), 1);
    }
}
