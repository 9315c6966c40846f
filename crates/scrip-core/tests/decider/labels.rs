//! Names of commands stand in metrics and logs: dashboards know them, whatever the code calls its types.

use scrip_core::command::Command;

#[test]
fn the_labels_of_commands_stay() {
    let known = [
        "CreateCampaign",
        "ChangeCampaign",
        "MoveCampaign",
        "DeleteCampaign",
        "CancelJob",
        "AddSharedCode",
        "RequestCodes",
        "AddCodes",
        "Claim",
        "ImportCampaign",
        "ImportCoupon",
        "PlaceOrder",
        "ReviseOrder",
        "ExtendHold",
        "PayOrder",
        "CloseTransactions",
        "CancelOrder",
        "RefundOrder",
        "ChangeMetadata",
        "SweepDue",
        "ForgetKeys",
        "CreateApiKey",
        "RevokeApiKey",
        "ChangeApiKey",
        "NoteApiKeyUse",
        "LinkAccount",
        "LearnCampaign",
        "NoteSharedCode",
        "NoteGrants",
        "NoteCodes",
        "GrantAllowance",
        "ReceiveAllowance",
        "ReturnAllowance",
        "TakeBackAllowance",
        "LendCode",
        "LearnCode",
        "CloseCode",
        "ReleaseCode",
        "SettleCode",
        "ForgetCode",
        "RevokeCode",
        "RevokeCodeHere",
    ];
    assert_eq!(Command::NAMES, known);
}
