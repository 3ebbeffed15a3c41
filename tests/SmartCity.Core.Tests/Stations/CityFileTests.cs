using Microsoft.AspNetCore.Builder;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Tests.Stations;

public sealed class CityFileTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    [Theory]
    [InlineData("Europe/London", "central-park", "station 'x1': zones: there is no zone 'central-park'; the zones are ulez, lez, congestion.")]
    [InlineData("Europe/Atlantis", "ulez", "there is no time zone 'Europe/Atlantis'")]
    public async Task A_core_does_not_start_with_a_city_file_that_it_cannot_charge_by(string timeZone, string zone, string why)
    {
        await File.WriteAllTextAsync(
            _file,
            $$"""{"id":"x","name":"X","timeZone":"{{timeZone}}","stations":[{"id":"x1","name":"X","latitude":51.5,"longitude":0,"zones":[{"zone":"{{zone}}"}],"cameras":[]}]}""",
            TestContext.Current.CancellationToken);
        var builder = WebApplication.CreateSlimBuilder(["--Core:CityFile", _file, "--ConnectionStrings:postgres", "Host=127.0.0.1;Port=1", "--ConnectionStrings:core-kafka", "127.0.0.1:1", "--ConnectionStrings:objects", Path.GetTempPath(), "--Core:Secrets:Key", Hosting.CoreHost.Secret, "--urls", "http://127.0.0.1:0"]);
        builder.AddServiceDefaults();
        builder.AddCore();
        await using var core = builder.Build();

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => core.StartAsync(TestContext.Current.CancellationToken)); // one, or one for each that asked for the options

        Assert.Contains(why, refused.Message, StringComparison.Ordinal);
    }

    public void Dispose() => File.Delete(_file);
}
