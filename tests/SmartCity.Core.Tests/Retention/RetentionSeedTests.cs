using Microsoft.Extensions.Options;
using SmartCity.Core.Audit;
using SmartCity.Core.Retention;
using SmartCity.Core.Tests.Database;

namespace SmartCity.Core.Tests.Retention;

public class RetentionSeedTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    [Fact]
    public async Task Days_that_a_disk_was_made_for_hold_until_somebody_says_otherwise()
    {
        await SeedAsync(null);
        Assert.Equal((730, 180), await DaysAsync());

        await SeedAsync(90);
        Assert.Equal((90, 90), await DaysAsync());
        await SeedAsync(120); // of a larger disk
        Assert.Equal((120, 90), await DaysAsync());

        await using (var change = new AuditedChange(postgres.DataSource, TimeProvider.System))
        {
            await RetentionStore.ChangeAsync(change, "sightings", 365, "a person", TimeProvider.System.GetUtcNow(), TestContext.Current.CancellationToken);
            await change.CommitAsync();
        }

        await SeedAsync(90);
        Assert.Equal((365, 90), await DaysAsync());
    }

    private Task SeedAsync(int? days) => new RetentionSeed(postgres.DataSource, Options.Create(new RetentionOptions { SightingsDays = days })).SeedAsync(TestContext.Current.CancellationToken);

    private async Task<(int Sightings, int Evidence)> DaysAsync()
    {
        var days = await new RetentionStore(postgres.DataSource).DaysAsync(TestContext.Current.CancellationToken);
        return (days["sightings"], days["evidence"]);
    }
}
