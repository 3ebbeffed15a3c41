using Microsoft.AspNetCore.Http;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Privacy;

/// <summary>
/// What a list reads: the views that leave out restricted plates or, for whoever has the scope <c>privacy:write</c> and gives a reason, the tables behind them. The
/// condition itself is in the views, in the database.
/// </summary>
internal static class Restricted
{
    /// <summary>Whether whoever asks may see restricted plates. Only a call that the audit has a line of with the reason may ask.</summary>
    public static bool MaySee(HttpContext http) => http.User.HasClaim(Scope.Claim, Scope.PrivacyWrite) && AuditFilter.CheckReason(AuditFilter.ReasonOf(http)) is null;

    public static string Sightings(bool maySee) => maySee ? "sightings" : "shown_sightings";

    public static string Passages(bool maySee) => maySee ? "passages" : "shown_passages";

    public static string Charges(bool maySee) => maySee ? "charge_entries" : "shown_charges";

    /// <summary>For tables that are worked with, whose rows are hidden only when the work is done: the condition that a plate is not restricted.</summary>
    public static string Not(string column) => $"({column} is null or {column} <> all (array(select r.plate from restricted_plates r)))";

    /// <summary>For retention: what keeps a row of a restricted plate.</summary>
    public static string Is(string column) => $"{column} = any (array(select r.plate from restricted_plates r))";
}
