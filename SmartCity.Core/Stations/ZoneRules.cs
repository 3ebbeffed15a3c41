using System.Globalization;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Stations;

/// <summary>What dated memberships may be, and from which day on two sets of them differ. Pure.</summary>
internal static class ZoneRules
{
    public static readonly IReadOnlyList<string> Zones = [ChargeRules.Ulez, ChargeRules.Lez, ChargeRules.Congestion];

    /// <summary>What is wrong with memberships; null when nothing is.</summary>
    public static string? Check(IReadOnlyList<ZoneMembership> memberships)
    {
        foreach (var membership in memberships)
        {
            if (!Zones.Contains(membership.Zone))
            {
                return $"zones: there is no zone '{membership.Zone}'; the zones are {string.Join(", ", Zones)}.";
            }

            if (membership.To <= membership.From)
            {
                return string.Create(CultureInfo.InvariantCulture, $"zones: {membership.Zone} ends on {membership.To:yyyy-MM-dd}, before it begins; 'to' is the first day that no longer counts.");
            }
        }

        foreach (var zone in memberships.GroupBy(m => m.Zone))
        {
            var inOrder = zone.OrderBy(m => m.From ?? DateOnly.MinValue).ToList();
            for (var i = 1; i < inOrder.Count; i++)
            {
                if (inOrder[i].From is null || (inOrder[i - 1].To ?? DateOnly.MaxValue) > inOrder[i].From)
                {
                    return $"zones: two memberships of {zone.Key} overlap.";
                }
            }
        }

        return null;
    }

    /// <summary>The first day on which two sets of memberships say something else; null when they are the same on every day.</summary>
    public static DateOnly? FirstDifference(IReadOnlyList<ZoneMembership> before, IReadOnlyList<ZoneMembership> after)
    {
        // Between two of these days nothing changes.
        var days = before.Concat(after).SelectMany(m => new[] { m.From ?? DateOnly.MinValue, m.To ?? DateOnly.MaxValue }).Append(DateOnly.MinValue).Distinct().Order();
        foreach (var day in days)
        {
            if (!On(before, day).SetEquals(On(after, day)))
            {
                return day;
            }
        }

        return null;
    }

    private static HashSet<string> On(IReadOnlyList<ZoneMembership> memberships, DateOnly day) =>
        [.. memberships.Where(m => (m.From ?? DateOnly.MinValue) <= day && day < (m.To ?? DateOnly.MaxValue)).Select(m => m.Zone)];
}
