/**
 * Owns every page and mail: markup, words and pictures, as functions from a typed model to `Html` (pages) or text (mails). Knows nothing of
 * requests, the database or rules; what may be shown is decided before a view is called.
 */

export { type ArchiveModel, archivePage } from './archive/archive.ts'
export type { FormTarget } from './elements/form.ts'
export type { PageBrand, PageContext } from './elements/page.ts'
export type { PasskeyAsk } from './elements/passkey.ts'
export type { ProviderButton, ProviderProblem } from './elements/providers.ts'
export { type CompleteProfileModel, completeProfilePage } from './journey/complete-profile.ts'
export { type ConfirmModel, confirmPage } from './journey/confirm.ts'
export type { AttributeProblem, DetailsModel, PasswordProblem, RequestedAttribute } from './journey/details.ts'
export { detailsPage } from './journey/details.ts'
export { ERROR_KINDS, type ErrorDetails, type ErrorKind, type ErrorModel, errorPage } from './journey/error.ts'
export { type IdentifyModel, identifyPage } from './journey/identify.ts'
export { type KeepAccountModel, keepAccountPage } from './journey/keep-account.ts'
export { type OfferPasskeyModel, offerPasskeyPage } from './journey/offer-passkey.ts'
export { type PasswordModel, passwordPage } from './journey/password.ts'
export { type OtherWaysModel, otherWaysPage, type ProofMethod, type ProofModel, proofPage } from './journey/proof.ts'
export { type GoOnModel, goOnPage, type LinkProviderModel, linkProviderPage } from './journey/provider.ts'
export { type RecoverModel, recoverPage } from './journey/recover.ts'
export { type SignedOutModel, type SignOutModel, signedOutPage, signOutPage } from './journey/sign-out.ts'
export { type SignUpModel, signUpPage } from './journey/sign-up.ts'
export { type TermsLink, type TermsModel, termsPage } from './journey/terms.ts'
export { type VerifyEmailModel, verifyEmailPage } from './journey/verify-email.ts'
export { type AccountChange, accountChangedMail } from './mails/account-changed.ts'
export { accountClosingMail } from './mails/account-closing.ts'
export { accountExistsMail } from './mails/account-exists.ts'
export { exportReadyMail } from './mails/export-ready.ts'
export type { MailContext, MailText } from './mails/mail.ts'
export { addressTakenMail, newAddressMail } from './mails/new-address.ts'
export { noAccountMail, recoverMail, recoverWaitsMail } from './mails/recover.ts'
export { sessionEndedMail } from './mails/session-ended.ts'
export { signInCodeMail } from './mails/sign-in-code.ts'
export { verifyEmailMail } from './mails/verify-email.ts'
export { welcomeMail } from './mails/welcome.ts'
export { type ActivityModel, activityPage, type SignInMethod, type SignInRow } from './portal/activity.ts'
export { type ClosedModel, closedPage } from './portal/closed.ts'
export { type ConfirmActionModel, confirmActionPage, type RemovalRefusal } from './portal/confirm-action.ts'
export { type EmailChangeModel, type EmailCodeModel, emailChangePage, emailCodePage } from './portal/email-change.ts'
export { type HeldModel, heldPage } from './portal/held.ts'
export { type AccountHomeModel, accountHomePage } from './portal/home.ts'
export { type LandingModel, landingPage } from './portal/landing.ts'
export type { LinkedAccountRow, LinkedAccounts } from './portal/linked-accounts.ts'
export { type MailboxModel, type MailView, mailboxPage } from './portal/mailbox.ts'
export {
  MERGE_SAYINGS,
  type MergeModel,
  type MergePreviewModel,
  type MergeSaying,
  mergePage,
  mergePreviewPage,
} from './portal/merge.ts'
export { type PhoneCodeModel, type PhoneModel, phoneCodePage, phonePage } from './portal/phone.ts'
export type { Portal } from './portal/portal-page.ts'
export { type PrivacyModel, privacyPage } from './portal/privacy.ts'
export {
  ADDRESS_PARTS,
  type AddressPart,
  type AddressText,
  type EditableAttribute,
  type ProfileModel,
  type ProfileProblem,
  profilePage,
} from './portal/profile.ts'
export {
  type ChangeRow,
  type PasskeyRow,
  SECURITY_CHANGES,
  type SecurityChange,
  type SecurityModel,
  securityPage,
} from './portal/security.ts'
export {
  type PasskeyEditModel,
  type PasswordChangeModel,
  passkeyEditPage,
  passwordChangePage,
  type RecoveryCodesModel,
  recoveryCodesPage,
  type TotpSetupModel,
  totpSetupPage,
} from './portal/security-forms.ts'
export { type NoticeRow, type SessionRow, type SessionsModel, sessionsPage, type TrustRow } from './portal/sessions.ts'
export { type ChangeItem, type UndoModel, undonePage, undoPage, undoSpentPage } from './portal/undo.ts'
export { accountExistsText, codeText, noAccountText, noticeText, phoneTakenText, waitsText } from './texts/text.ts'
