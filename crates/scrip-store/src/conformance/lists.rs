use scrip_core::{campaign::Channel, money::Amount, order::RefundedOrder, status::OrderStatus, time::Timestamp};

use super::fixture::{
    Hand, account, campaign_id, coupon, coupon_id, entry, of_each, order, order_id, paid, part, redemption, seconds,
    seller, shared_code, snapshot, source, unique_code,
};
use crate::{
    Store,
    memory::MemoryStore,
    people::{
        Change, CouponRow, DistributionRow, OrderCursor, OrderFilter, OrderRow, Page, RedemptionRow, Row, TableName,
        redemption,
    },
};

fn cursor(seconds_placed: i64, account_name: &str, id: &str) -> OrderCursor {
    OrderCursor { placed_at: seconds(seconds_placed), account: account(account_name), order: order_id(id) }
}

fn listed(store: &dyn Store, filter: &OrderFilter, limit: usize) -> Vec<OrderCursor> {
    snapshot(store).orders(filter, limit).expect("reads")
}

pub fn the_owner_of_a_coupon_is_found(store: &dyn Store) {
    let mut hand = Hand::of(store);
    hand.write(vec![Row::Coupon(CouponRow { account: account("bob"), ..coupon(1) })]);
    assert_eq!(snapshot(store).coupon_owner(coupon_id(1)).expect("reads"), Some(account("bob")));
    assert_eq!(snapshot(store).coupon_owner(coupon_id(2)).expect("reads"), None);
    hand.write(vec![Change::CouponGone(coupon_id(1)).into()]);
    assert_eq!(snapshot(store).coupon_owner(coupon_id(1)).expect("reads"), None);
}

pub fn orders_are_listed_newest_first_page_by_page(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let at = |seconds_placed, row: OrderRow| Row::Order(OrderRow { placed_at: seconds(seconds_placed), ..row });
    hand.write(vec![
        at(5, order("ana", "o1")),
        at(7, order("ana", "o2")),
        at(7, order("bob", "o1")),
        at(7, order("bob", "o2")),
        at(6, order("Zoe", "o9")),
    ]);
    let expected = [
        cursor(7, "bob", "o2"),
        cursor(7, "bob", "o1"),
        cursor(7, "ana", "o2"),
        cursor(6, "Zoe", "o9"),
        cursor(5, "ana", "o1"),
    ];
    assert_eq!(listed(store, &OrderFilter::default(), usize::MAX), expected);
    assert_eq!(listed(store, &OrderFilter::default(), 0), []);
    for (number, after) in expected.iter().enumerate() {
        let filter = OrderFilter { after: Some(after.clone()), ..OrderFilter::default() };
        assert_eq!(listed(store, &filter, 2), expected[number + 1..][..2.min(expected.len() - number - 1)]);
    }
    // A cursor that isn't an order's is a cursor all the same.
    let filter = OrderFilter { after: Some(cursor(7, "b", "x")), ..OrderFilter::default() };
    assert_eq!(listed(store, &filter, 9), expected[2..]);
}

pub fn orders_are_filtered_by_account_seller_and_time(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (one, two) = (order("ana", "o1"), OrderRow { placed_at: seconds(11), ..order("ana", "o2") });
    let three = order("bob", "o1");
    hand.write(vec![
        Row::Order(one.clone()),
        Row::Order(two.clone()),
        Row::Order(three.clone()),
        Row::OrderTransaction(part(&one, "s1")),
        Row::OrderTransaction(part(&one, "s2")),
        Row::OrderTransaction(part(&two, "s2")),
        Row::OrderTransaction(part(&three, "s2")),
    ]);
    let (one, two, three) = (cursor(10, "ana", "o1"), cursor(11, "ana", "o2"), cursor(10, "bob", "o1"));
    let list = |filter: OrderFilter| listed(store, &filter, 9);
    let every = OrderFilter::default;
    assert_eq!(list(OrderFilter { account: Some(account("ana")), ..every() }), [two.clone(), one.clone()]);
    assert_eq!(list(OrderFilter { account: Some(account("an")), ..every() }), []);
    assert_eq!(list(OrderFilter { seller: Some(seller("s1")), ..every() }), std::slice::from_ref(&one));
    assert_eq!(list(OrderFilter { seller: Some(seller("s2")), ..every() }), [two.clone(), three.clone(), one.clone()]);
    assert_eq!(list(OrderFilter { seller: Some(seller("s3")), ..every() }), []);
    assert_eq!(
        list(OrderFilter { from: Some(seconds(11)), ..every() }),
        std::slice::from_ref(&two),
        "from is included"
    );
    assert_eq!(list(OrderFilter { from: Some(Timestamp::from_micros(11_000_001)), ..every() }), []);
    let narrow = OrderFilter {
        account: Some(account("ana")),
        id: Some(order_id("o1")),
        seller: Some(seller("s2")),
        status: Some(OrderStatus::Placed),
        from: Some(seconds(10)),
        until: Some(seconds(11)),
        now: seconds(99),
        after: Some(two.clone()),
    };
    assert_eq!(list(narrow), std::slice::from_ref(&one));
    // An id is unique in an account only.
    assert_eq!(list(OrderFilter { id: Some(order_id("o1")), ..every() }), [three.clone(), one.clone()]);
    assert_eq!(
        list(OrderFilter { id: Some(order_id("o1")), after: Some(three.clone()), ..every() }),
        std::slice::from_ref(&one)
    );
    assert_eq!(
        list(OrderFilter { id: Some(order_id("o1")), seller: Some(seller("s1")), ..every() }),
        std::slice::from_ref(&one)
    );
    assert_eq!(list(OrderFilter { until: Some(seconds(11)), ..every() }), [three.clone(), one], "until isn't included");
    assert_eq!(list(OrderFilter { until: Some(seconds(10)), ..every() }), []);
}

pub fn an_order_whose_hold_ran_out_is_listed_as_cancelled(store: &dyn Store) {
    let mut hand = Hand::of(store);
    hand.write(vec![
        Row::Order(order("ana", "placed")),
        Row::Order(paid(order("ana", "paid"))),
        Row::Order(OrderRow { status: OrderStatus::Closed, ..paid(order("ana", "closed")) }),
        Row::Order(OrderRow { status: OrderStatus::Cancelled, ..order("ana", "cancelled") }),
        Row::Order(OrderRow {
            status: OrderStatus::Cancelled,
            refunded: RefundedOrder::Full,
            ..paid(order("ana", "refunded"))
        }),
    ]);
    let names = |status, now| -> Vec<String> {
        let filter = OrderFilter { status: Some(status), now, ..OrderFilter::default() };
        listed(store, &filter, 9).into_iter().map(|cursor| cursor.order.to_string()).collect()
    };
    let before = Timestamp::from_micros(99_999_999);
    assert_eq!(names(OrderStatus::Placed, before), ["placed"]);
    assert_eq!(names(OrderStatus::Cancelled, before), ["refunded", "cancelled"]);
    // From the instant on in which the hold runs out.
    assert_eq!(names(OrderStatus::Placed, seconds(100)), Vec::<String>::new());
    assert_eq!(names(OrderStatus::Cancelled, seconds(100)), ["refunded", "placed", "cancelled"]);
    assert_eq!(names(OrderStatus::Paid, seconds(100)), ["paid"]);
    assert_eq!(names(OrderStatus::Closed, seconds(100)), ["closed"]);
}

pub fn ledger_entries_are_paged_by_position(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let bucket = hand.bucket;
    let entries = [1, 2, 9, 300].map(|position| entry(bucket, position));
    hand.write(entries.iter().rev().cloned().map(Row::LedgerEntry).collect());
    let mut snapshot = snapshot(store);
    let mut page = |after, limit| snapshot.ledger_entries(bucket, after, limit).expect("reads");
    assert_eq!(page(0, usize::MAX), entries);
    assert_eq!(page(0, 2), entries[..2]);
    assert_eq!(page(1, 2), entries[1..3]);
    assert_eq!(page(3, 9), entries[2..]);
    assert_eq!(page(300, 9), []);
    assert_eq!(page(0, 0), []);
    assert_eq!(page(u64::MAX, 9), []);
    for other in store.buckets().all().filter(|other| *other != bucket) {
        assert_eq!(snapshot.ledger_entries(other, 0, 9).expect("reads"), []);
    }
}

pub fn codes_are_paged_in_the_order_of_the_journal(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let codes =
        [shared_code(1, 1), unique_code(1, 2, 0), unique_code(1, 2, 1), unique_code(1, 2, 10), unique_code(1, 300, 0)];
    let mut rows: Vec<Row> = codes.iter().rev().cloned().map(Row::Code).collect();
    rows.push(Row::Code(shared_code(2, 5)));
    hand.write(rows);
    let mut snapshot = snapshot(store);
    let mut page = |after, limit| snapshot.codes(campaign_id(1), after, limit).expect("reads");
    assert_eq!(page(None, usize::MAX), codes);
    assert_eq!(page(None, 2), codes[..2]);
    assert_eq!(page(Some((2, 0)), 2), codes[2..4]);
    assert_eq!(page(Some((2, u32::MAX)), 9), codes[4..]);
    assert_eq!(page(Some((300, 0)), 9), []);
    assert_eq!(snapshot.codes(campaign_id(2), None, 9).expect("reads"), [shared_code(2, 5)]);
    assert_eq!(snapshot.codes(campaign_id(3), None, 9).expect("reads"), []);
}

pub fn every_list_that_a_table_describes_is_read_page_by_page(store: &dyn Store) {
    let oracle = MemoryStore::new(store.buckets());
    let (mut hand, mut oracle_hand) = (Hand::of(store), Hand::of(&oracle));
    for (number, name) in (1..).zip(["an", "ana", "ana2", "bob"]) {
        let rows = of_each(hand.bucket, name, number);
        hand.write(rows.clone());
        oracle_hand.write(rows);
    }
    let (mut found, mut expected) = (snapshot(store), snapshot(&oracle));
    let all = found.all_rows().expect("reads");
    for &table in TableName::ALL {
        let shape = table.shape();
        let of_table: Vec<&Row> = all.iter().filter(|row| row.table() == Some(table)).collect();
        for (list, row) in shape.lists.iter().flat_map(|list| of_table.iter().map(move |row| (list, row))) {
            let (of, mut after, mut listed) = (row.values(list.of), None, 0);
            loop {
                let page = Page { list: *list, of: of.clone(), after: after.take(), limit: 2 };
                let rows = found.page(table, &page).expect("reads");
                assert_eq!(rows, expected.page(table, &page).expect("reads"), "{table:?}: {page:?}");
                let Some(last) = rows.last() else { break };
                (after, listed) = (Some(last.values(&shape.order(list))), listed + rows.len());
            }
            let alike = of_table.iter().filter(|other| other.values(list.of) == of).count();
            assert_eq!(listed, alike, "{table:?}: {list:?} leaves nothing out");
        }
    }
}

pub fn distribution_counts_claims_redemptions_and_cost(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (unpaid, paid_one, paid_two) = (order("ana", "o1"), paid(order("ana", "o2")), paid(order("bob", "o2")));
    let social = |row: CouponRow| CouponRow { channel: Channel::Social, source: None, ..row };
    hand.write(vec![
        Row::Order(unpaid.clone()),
        Row::Order(paid_one.clone()),
        Row::Order(paid_two.clone()),
        Row::Coupon(coupon(1)),
        Row::Coupon(coupon(2)),
        Row::Coupon(CouponRow { source: None, ..coupon(3) }),
        Row::Coupon(social(coupon(4))),
        Row::Coupon(CouponRow { campaign: campaign_id(2), ..coupon(5) }),
        // On an order that isn't paid: nobody paid for it yet, and perhaps nobody will.
        Row::Redemption(RedemptionRow {
            state: redemption::State::Held,
            reversed: Amount::ZERO,
            ..redemption(&unpaid, 1)
        }),
        // 7.00 less 2.00, and 7.00 less all.
        Row::Redemption(redemption(&paid_one, 1)),
        Row::Redemption(RedemptionRow {
            state: redemption::State::Returned,
            reversed: Amount::of(700),
            ..redemption(&paid_two, 2)
        }),
        // Released: as if it had never been.
        Row::Redemption(RedemptionRow { state: redemption::State::Released, ..redemption(&paid_two, 3) }),
        // Of a coupon that has no row any more, by another channel.
        Row::Redemption(RedemptionRow { channel: Channel::Code, reversed: Amount::ZERO, ..redemption(&paid_one, 6) }),
    ]);
    let row =
        |campaign, channel: &str, source_name: Option<&str>, (claimed, redeemed, on_unpaid, cost)| DistributionRow {
            campaign: campaign_id(campaign),
            channel: channel.to_owned(),
            source: source_name.map(source),
            claimed,
            redeemed,
            on_unpaid,
            cost: Amount::of(cost),
        };
    let one = [
        row(1, "code", Some("home"), (0, 1, 0, 700)),
        row(1, "social", None, (1, 0, 0, 0)),
        row(1, "web", None, (1, 0, 0, 0)),
        row(1, "web", Some("home"), (2, 2, 1, 500)),
    ];
    let two = [row(2, "web", Some("home"), (1, 0, 0, 0))];
    let mut snapshot = snapshot(store);
    assert_eq!(snapshot.distribution(Some(campaign_id(1))).expect("reads"), one);
    assert_eq!(snapshot.distribution(Some(campaign_id(2))).expect("reads"), two);
    assert_eq!(snapshot.distribution(Some(campaign_id(3))).expect("reads"), []);
    assert_eq!(snapshot.distribution(None).expect("reads"), [&one[..], &two[..]].concat());
}
