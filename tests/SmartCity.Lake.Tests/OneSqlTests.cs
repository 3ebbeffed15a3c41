using System.Globalization;
using Samples;

namespace SmartCity.Lake.Tests;

/// <summary>The sample asks the lake what its page says.</summary>
[Collection(LakeCityTests.Name)]
public sealed class OneSqlTests(LakeCity city)
{
    [Fact]
    public async Task One_sql_counts_what_is_in_postgres_and_what_is_only_in_the_lake()
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture);
        await OneSql.RunAsync(city.ConnectionString("ada"), output, TestContext.Current.CancellationToken);

        var counted = output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(line => long.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture));
        Assert.Equal(await city.Postgres.ScalarAsync<long>("select count(*) from ref.sightings"), counted);
    }
}
