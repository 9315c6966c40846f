use scrip_core::{money::Amount, name::AccountId, order::RefundedOrder, slot::Bucket, status::OrderStatus};

use super::fixture::{
    FOLLOWER, Hand, campaign, coupon, coupon_id, entry, line, metadata, of_each, one_of_each, order, order_id, paid,
    part, redemption, refund, save, seconds, shared_code, snapshot, unique_code, wallet_in,
};
use crate::{
    Followed, Store, StoreError, TableSet,
    people::{
        CampaignRow, Change, CodeRow, CouponRow, OrderLineRow, OrderRow, OrderTransactionRow, RedemptionRow, RefundRow,
        Row, TableName, campaign::Stage, code, coupon, coupon::OfOrder, order_transaction, redemption,
    },
};

pub(super) fn rows(store: &dyn Store) -> Vec<Row> {
    snapshot(store).all_rows().expect("reads")
}

pub fn a_row_is_replaced_by_its_key(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let first = one_of_each(hand.bucket);
    hand.write(first.clone());
    assert_eq!(rows(store), first);
    // Written again they are the same.
    hand.write(first.clone());
    assert_eq!(rows(store), first);

    let order = OrderRow {
        refunded: RefundedOrder::Full,
        status: OrderStatus::Closed,
        hold_expires_at: seconds(101),
        ..paid(order("ana", "o1"))
    };
    // What JSON has to escape, and what SQL would.
    let order = OrderRow { metadata: metadata(&[("a", "\"'\\\n\u{0}\u{7f}☀"), ("b_2", " ")]), ..order };
    let mut other_entry = entry(hand.bucket, 1);
    let fewer = other_entry.entry.postings()[3..].to_vec();
    other_entry.entry = scrip_core::ledger::Entry::new(
        scrip_core::ledger::EntryKind::SurplusForfeited,
        other_entry.entry.currency(),
        fewer,
    )
    .expect("balances");
    let second = vec![
        Row::Campaign(CampaignRow {
            name: "Other".to_owned(),
            seller: None,
            stage: Stage::Ended,
            metadata: metadata(&[]),
            ..campaign(1)
        }),
        Row::Coupon(CouponRow {
            state: coupon::State::Inactive,
            order: OfOrder::Known(order_id("o1")),
            held_until: Some(seconds(100)),
            source: None,
            ..coupon(1)
        }),
        Row::Order(order.clone()),
        Row::OrderLine(OrderLineRow { units_refunded: 3, on_sale: false, ..line(&order, "l1") }),
        Row::OrderTransaction(OrderTransactionRow { state: order_transaction::State::Refunded, ..part(&order, "s1") }),
        Row::Redemption(RedemptionRow {
            state: redemption::State::Returned,
            reversed: Amount::of(700),
            ..redemption(&order, 1)
        }),
        Row::Refund(RefundRow {
            amount: Amount::of(1),
            goods: Amount::of(1),
            shipping: Amount::ZERO,
            ..refund(&order, "r1")
        }),
        Row::LedgerEntry(other_entry),
        Row::Code(CodeRow { number: 0, ..unique_code(1, 1, 0) }),
    ];
    hand.write(second.clone());
    assert_eq!(rows(store), second);
}

pub fn a_voided_coupon_has_no_row(store: &dyn Store) {
    let mut hand = Hand::of(store);
    hand.write(vec![Row::Coupon(coupon(1)), Row::Coupon(coupon(2))]);
    hand.write(vec![Change::CouponGone(coupon_id(1)).into()]);
    assert_eq!(rows(store), [Row::Coupon(coupon(2))]);
    // Repeated, and within one batch.
    hand.write(vec![
        Change::CouponGone(coupon_id(1)).into(),
        Row::Coupon(coupon(3)),
        Change::CouponGone(coupon_id(3)).into(),
    ]);
    assert_eq!(rows(store), [Row::Coupon(coupon(2))]);
}

pub fn a_change_keeps_the_rest_of_its_row(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let order = paid(order("ana", "o1"));
    let whole = [
        Row::Coupon(coupon(1)),
        Row::Order(order.clone()),
        Row::Redemption(redemption(&order, 1)),
        Row::Redemption(redemption(&order, 2)),
        Row::Refund(refund(&order, "r1")),
    ];
    hand.write(whole.to_vec());
    let (account, id) = (order.account.clone(), order.id.clone());
    let redemption_changed = |number, discount, state| Change::Redemption {
        account: account.clone(),
        order: id.clone(),
        coupon: coupon_id(number),
        discount,
        state,
    };
    let new = metadata(&[("note", "'new'")]);
    let changes = [
        Change::CouponState {
            coupon: coupon_id(1),
            state: coupon::State::Inactive,
            order: OfOrder::Known(id.clone()),
            held_until: Some(seconds(50)),
        },
        redemption_changed(1, None, Some(redemption::State::Released)),
        redemption_changed(2, Some(Amount::of(900)), None),
        Change::RefundMetadata {
            account: account.clone(),
            order: id.clone(),
            refund: refund(&order, "r1").id,
            metadata: new.clone(),
        },
        // Of what isn't there: nothing.
        Change::CouponState {
            coupon: coupon_id(9),
            state: coupon::State::Valid,
            order: OfOrder::None,
            held_until: None,
        },
        redemption_changed(9, None, Some(redemption::State::Used)),
    ];
    hand.write(changes.map(Row::Change).to_vec());
    let held = CouponRow {
        state: coupon::State::Inactive,
        order: OfOrder::Known(id.clone()),
        held_until: Some(seconds(50)),
        ..coupon(1)
    };
    let changed = [
        Row::Coupon(held),
        Row::Order(order.clone()),
        Row::Redemption(RedemptionRow { state: redemption::State::Released, ..redemption(&order, 1) }),
        Row::Redemption(RedemptionRow { discount: Amount::of(900), ..redemption(&order, 2) }),
        Row::Refund(RefundRow { metadata: new, ..refund(&order, "r1") }),
    ];
    assert_eq!(rows(store), changed);
}

pub fn a_follower_goes_on_from_where_it_is(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let (bucket, to) = (hand.bucket, hand.commit(vec![], vec![Row::Coupon(coupon(1))]));
    let followed =
        |from, to, number| Followed { bucket, from, to, rows: vec![Row::Coupon(coupon(number))], added: Vec::new() };
    let mut again = store.projection(FOLLOWER).expect("several may follow under one name");
    let error = again.write(TableSet::Shown, &followed(0, to, 2)).expect_err("it is done already");
    assert!(matches!(error, StoreError::Conflict { .. }), "{error}");
    assert_eq!(rows(store), [Row::Coupon(coupon(1))]);
    // Whoever follows under another name begins at the beginning, and in each bucket.
    let mut other = store.projection("other").expect("follows");
    other.write(TableSet::Shown, &followed(0, to, 3)).expect("nothing was followed");
    let mut snapshot = snapshot(store);
    let first = Bucket::FIRST;
    let expected = if first == bucket { to } else { 0 };
    assert_eq!(snapshot.followed(FOLLOWER, first).expect("reads"), expected);
    for (name, expected) in [(FOLLOWER, to), ("other", to), ("nobody", 0)] {
        assert_eq!(snapshot.followed(name, bucket).expect("reads"), expected, "{name}");
    }
}

pub fn rows_are_written_while_a_sequencer_is_at_work(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let key = wallet_in(store, hand.bucket, 0);
    hand.commit(vec![save(&key, None, Some("one"))], vec![Row::Coupon(coupon(1))]);
    // What a sequencer gave up leaves nothing behind.
    drop(hand.writer.begin().expect("begins"));
    hand.try_follow(vec![Row::Coupon(coupon(2))]).expect("follows, though there is nothing new");
    hand.commit(vec![save(&key, Some(2), Some("two"))], vec![]);
    assert_eq!(rows(store), [Row::Coupon(coupon(1)), Row::Coupon(coupon(2))]);
}

pub fn an_emptied_order_has_no_lines_and_transactions(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let orders = [order("ana", "o1"), order("ana", "o10"), order("ana:b", "o1")];
    let whole = |order: &OrderRow| {
        vec![
            Row::OrderLine(line(order, "-")),
            Row::OrderLine(line(order, "l1")),
            Row::OrderTransaction(part(order, "-")),
            Row::OrderTransaction(part(order, "s1")),
            Row::Redemption(redemption(order, 1)),
        ]
    };
    hand.write(orders.iter().cloned().map(Row::Order).chain(orders.iter().flat_map(whole)).collect());
    let emptied = Row::Change(Change::OrderEmptied { account: orders[0].account.clone(), order: orders[0].id.clone() });
    let of_first = |row: &Row| match row {
        Row::OrderLine(row) => row.account == orders[0].account && row.order == orders[0].id,
        Row::OrderTransaction(row) => row.account == orders[0].account && row.order == orders[0].id,
        _ => false,
    };
    let mut left = rows(store);
    left.retain(|row| !of_first(row));
    hand.write(vec![emptied.clone()]);
    assert_eq!(rows(store), left, "its own row, its redemptions and all other orders stay");
    // Repeated, and what follows in the same batch is there.
    hand.write(vec![emptied, Row::OrderLine(line(&orders[0], "l2"))]);
    let now: Vec<Row> = rows(store).into_iter().filter(of_first).collect();
    assert_eq!(now, [Row::OrderLine(line(&orders[0], "l2"))]);
}

pub fn rows_are_listed_table_by_table_and_by_key(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let orders =
        [order("Zoe", "o1"), order("ana", "o1"), order("ana", "o10"), order("ana", "o2"), order("ana:b", "o1")];
    let mut expected = vec![
        Row::Campaign(campaign(1)),
        Row::Campaign(campaign(200)),
        Row::Coupon(coupon(1)),
        Row::Coupon(coupon(15)),
        Row::Coupon(coupon(16)),
        Row::Coupon(coupon(255)),
    ];
    expected.extend(orders.iter().cloned().map(Row::Order));
    expected.extend(orders.iter().flat_map(|order| ["l1", "l2"].map(|name| Row::OrderLine(line(order, name)))));
    expected.extend(orders.iter().flat_map(|order| ["s1", "s2"].map(|name| Row::OrderTransaction(part(order, name)))));
    expected.extend(orders.iter().flat_map(|order| [1, 2].map(|number| Row::Redemption(redemption(order, number)))));
    let paid_orders: Vec<OrderRow> = orders.iter().cloned().map(paid).collect();
    expected.extend(paid_orders.iter().flat_map(|order| ["r1", "r2"].map(|name| Row::Refund(refund(order, name)))));
    expected.extend([1, 2, 256].map(|position| Row::LedgerEntry(entry(hand.bucket, position))));
    expected.push(Row::Code(shared_code(1, 300)));
    expected.extend(
        [(2, 1, 0), (2, 1, 1), (2, 1, 10), (2, 3, 2)]
            .map(|(campaign, position, number)| Row::Code(unique_code(campaign, position, number))),
    );
    // In any order: what belongs to an order may come before it within a batch.
    hand.write(expected.iter().rev().cloned().collect());
    assert_eq!(rows(store), expected);
}

pub fn rows_come_in_pages_and_by_account(store: &dyn Store) {
    let mut hand = Hand::of(store);
    for (number, name) in (1..).zip(["an", "ana", "ana2", "bob"]) {
        hand.write(of_each(hand.bucket, name, number));
    }
    let (all, mut reading) = (rows(store), snapshot(store));
    let mut by_account = 0;
    for &table in TableName::ALL {
        let of_table: Vec<Row> = all.iter().filter(|row| row.table() == Some(table)).cloned().collect();
        let (mut paged, mut after) = (Vec::new(), None);
        loop {
            let page = reading.rows(table, after.as_ref(), 2).expect("reads");
            let Some(last) = page.last() else { break };
            after = Some(last.clone());
            paged.extend(page);
        }
        assert_eq!(paged, of_table, "{table:?}, page by page");
        assert_eq!(of_table.len(), 4, "{table:?} has an example in every round");
        if !table.shape().is_by_account() {
            continue;
        }
        by_account += 1;
        for (from, to) in [("", ""), ("", "ana"), ("ana", "ana2"), ("ana", "b"), ("ana2", ""), ("c", "")] {
            let within = |account: &AccountId| account.as_str() >= from && (to.is_empty() || account.as_str() < to);
            let mut expected = of_table.clone();
            expected.retain(|row| row.account().is_some_and(within));
            let found = reading.rows_of_accounts(table, from, to).expect("reads");
            assert_eq!(found, expected, "{table:?}, {from} to {to}");
        }
    }
    assert!(by_account > 0);
}

pub fn a_row_that_contradicts_itself_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let order = paid(order("ana", "o1"));
    let held = CouponRow { held_until: Some(seconds(1)), ..coupon(1) };
    let wrong = [
        Row::Coupon(CouponRow { state: coupon::State::Inactive, ..coupon(1) }),
        Row::Coupon(CouponRow { state: coupon::State::Used, ..coupon(1) }),
        Row::Coupon(CouponRow { order: OfOrder::Known(order_id("o1")), ..coupon(1) }),
        Row::Coupon(CouponRow { order: OfOrder::Elsewhere, ..coupon(1) }),
        Row::Coupon(held),
        Row::Order(OrderRow { total: Amount::of(2_801), ..order.clone() }),
        Row::Order(OrderRow { discount: Amount::of(3_501), total: Amount::ZERO, ..order.clone() }),
        Row::Order(OrderRow { paid_at: None, ..order.clone() }),
        Row::Order(OrderRow { status: OrderStatus::Placed, ..order.clone() }),
        Row::Order(OrderRow {
            status: OrderStatus::Cancelled,
            paid_at: None,
            refunded: RefundedOrder::Full,
            ..order.clone()
        }),
        Row::OrderLine(OrderLineRow { quantity: 0, units_refunded: 0, discount: Amount::ZERO, ..line(&order, "l1") }),
        Row::OrderLine(OrderLineRow { discount: Amount::of(3_001), cash_refunded: Amount::ZERO, ..line(&order, "l1") }),
        Row::OrderLine(OrderLineRow { units_refunded: 4, ..line(&order, "l1") }),
        Row::OrderLine(OrderLineRow { cash_refunded: Amount::of(2_301), ..line(&order, "l1") }),
        Row::Redemption(RedemptionRow { reversed: Amount::of(701), ..redemption(&order, 1) }),
        Row::Refund(RefundRow { amount: Amount::of(1), ..refund(&order, "r1") }),
        Row::Code(CodeRow { kind: code::Kind::Unique, ..shared_code(1, 1) }),
        Row::Code(CodeRow { sealed: Some(vec![1]), ..shared_code(1, 1) }),
        Row::Code(CodeRow { sealed: None, ..unique_code(1, 1, 0) }),
        Row::Code(CodeRow { job: None, ..unique_code(1, 1, 0) }),
    ];
    hand.write(vec![Row::Order(order)]);
    for row in wrong {
        let text = format!("{row:?}");
        let error = hand.refused_rows(store, vec![Row::Coupon(coupon(9)), row]);
        assert!(matches!(error, StoreError::Damaged { .. }), "{text}: {error}");
    }
}

pub fn a_row_of_an_order_that_is_not_there_changes_nothing(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let order = order("ana", "o1");
    for row in [
        Row::OrderLine(line(&order, "l1")),
        Row::OrderTransaction(part(&order, "s1")),
        Row::Redemption(redemption(&order, 1)),
        Row::Refund(refund(&order, "r1")),
    ] {
        let error = hand.refused_rows(store, vec![Row::Coupon(coupon(9)), row]);
        assert!(matches!(error, StoreError::Damaged { .. }), "{error}");
    }
}

pub fn a_ledger_entry_is_read_back_exactly(store: &dyn Store) {
    let mut hand = Hand::of(store);
    let written = entry(hand.bucket, 1);
    hand.write(vec![Row::LedgerEntry(written.clone())]);
    assert_eq!(snapshot(store).ledger_entries(hand.bucket, 0, 9).expect("reads"), [written]);
}
