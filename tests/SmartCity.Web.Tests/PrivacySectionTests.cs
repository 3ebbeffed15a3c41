using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Administration;

namespace SmartCity.Web.Tests;

public sealed class PrivacySectionTests : ConsoleContext
{
    private static readonly CoveredRecords[] Covered = [new("Sightings", 12, "Hidden."), new("Hot-list", 0, "Stored as before."), new("Charges", 1, "Still collected.")];

    private readonly RestrictionView _standing = new(Guid.NewGuid(), "AB12CDE", "request 7", new DateOnly(2026, 11, 3), "officer", At, null, null, null, Covered);

    [Fact]
    public void Restrictions_are_listed_with_what_they_cover_and_only_those_that_stand_can_be_lifted()
    {
        var lifted = _standing with { Id = Guid.NewGuid(), Plate = "AB12CDF", LiftReason = "it was paid", LiftedBy = "officer", LiftedAt = At };
        Core.Answers("GET /api/privacy/records", () => Array.Empty<PlateRecordView>());
        Core.Answers("GET /api/privacy/erasures", () => Array.Empty<ErasureView>());
        Core.Answers("GET /api/privacy/restrictions", () => new[] { _standing, lifted });

        var section = Render<PrivacySection>();

        var rows = section.FindAll("table[aria-label='Restrictions'] tbody tr");
        Assert.Equal(2, rows.Count);
        Assert.Contains("13 records", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("Sightings: 12. Hidden.", rows[0].TextContent, StringComparison.Ordinal);
        Assert.DoesNotContain("Hot-list", rows[0].TextContent, StringComparison.Ordinal);
        Assert.Contains("3 Nov 2026", rows[0].TextContent, StringComparison.Ordinal);
        Assert.NotNull(rows[0].QuerySelector("button[aria-label='Lift the restriction of AB12CDE']"));
        Assert.Contains("it was paid", rows[1].TextContent, StringComparison.Ordinal);
        Assert.Null(rows[1].QuerySelector("button"));
    }
}
