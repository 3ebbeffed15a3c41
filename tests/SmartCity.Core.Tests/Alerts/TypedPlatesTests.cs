using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>Entries that were typed with O for 0 or I for 1.</summary>
public sealed class TypedPlatesTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("LRO3TEE", "LR03TEE")]
    [InlineData("LRI2TEE", "LR12TEE")]
    [InlineData("LR03TEE", null)]
    [InlineData("LR03T0O", "LR03TOO")]
    [InlineData("AB123CD", null)] // French
    [InlineData("LRO3TE?", "LR03TE?")]
    [InlineData("LRO3TE*", "LR03TE*")]
    [InlineData("LR03TE?", null)]
    [InlineData("LR?3TEE", null)]
    [InlineData("AB*", null)]
    [InlineData("*O*1*", null)]
    [InlineData("QQQQQQQQQ", null)]
    public void A_plate_that_no_country_gives_out_is_asked_about(string typed, string? meant) =>
        Assert.Equal(meant, new TypedPlates(Options.Create(new SightingOptions { HomeCountry = "GB" })).Meant(typed));

    [Fact]
    public async Task An_import_says_which_plates_were_probably_typed_wrong_and_offers_what_is_meant()
    {
        using var body = new StringContent("plate,reason,priority\nTP03TEE,Stolen,1\ntpo4 tee,Stolen,1\n", Encoding.UTF8, "text/csv");
        var report = await Caller.ReadAsync<ImportReport>(await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), body, Token));

        Assert.Equal((2L, 2L, 1L), (report.Read, report.Imported, report.Doubtful));
        Assert.Equal(new ImportDoubt(3, "TPO4TEE", "TP04TEE"), Assert.Single(report.Doubts!));
        Assert.Contains("TP04TEE,Stolen,1,3,", report.MeantCsv, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_that_was_probably_typed_wrong_is_taken_and_asked_about()
    {
        var added = await Caller.ReadAsync<HotlistEntryView>(await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "TPO5TEE", reason = "Stolen" }, Token));

        Assert.Equal(("TPO5TEE", "TP05TEE"), (added.Pattern, added.Meant));
    }
}
