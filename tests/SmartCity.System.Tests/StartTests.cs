using System.Net;
using System.Net.Sockets;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>What keeps <c>run</c> from starting is said in one sentence, with status 1; wrong usage has status 2.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task A_port_in_use_is_named()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await FailsAsync($"Port {port} of http://127.0.0.1:{port} is in use", "--urls", $"http://127.0.0.1:{port}");
    }

    [Fact]
    public async Task A_data_folder_in_use_is_named()
    {
        await using var data = new TestData();
        using var taken = new FileStream(data.Below("lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await FailsAsync("Another SmartCity runs on the data folder", "--data", data.Path, "--urls", "http://127.0.0.1:0");
    }

    [Fact]
    public async Task A_data_folder_that_cannot_be_written_is_named()
    {
        await using var data = new TestData();
        await File.WriteAllTextAsync(data.Below("file"), "", TestContext.Current.CancellationToken);
        await FailsAsync("cannot be written", "--data", data.Below("file"), "--urls", "http://127.0.0.1:0");
    }

    [Fact]
    public async Task A_city_that_is_no_city_is_named()
    {
        await using var data = new TestData();
        await File.WriteAllTextAsync(data.Below("city.json"), "{ \"id\": 3", TestContext.Current.CancellationToken);
        await FailsAsync("city.json is not valid", "--data", data.Path, "--urls", "http://127.0.0.1:0", "--city", data.Below("city.json"));
    }

    [Fact]
    public async Task A_station_that_the_city_does_not_have_is_named()
    {
        await using var data = new TestData();
        await FailsAsync("the city has no paris-1", "--data", data.Path, "--urls", "http://127.0.0.1:0", "--stations", "paris-1");
    }

    [Fact]
    public async Task A_KAFKA_HOME_without_Kafka_is_named()
    {
        await using var data = new TestData();
        await FailsAsync("Set it to the folder of an Apache Kafka installation", new Dictionary<string, string> { ["KAFKA_HOME"] = data.Path }, "--data", data.Path, "--urls", "http://127.0.0.1:0");
    }

    [Fact]
    public async Task A_setting_that_is_wrong_is_named_without_a_stack()
    {
        await using var data = new TestData();
        await FailsAsync("Console:Map:TileUrl must be", new Dictionary<string, string> { ["Console__Map__TileUrl"] = "nonsense" }, "--data", data.Path, "--urls", "http://127.0.0.1:0");
    }

    [Theory]
    [InlineData("simulate", "--count", "-5")]
    [InlineData("simulate", "--speed", "-1")]
    [InlineData("run", "--for", "soon")]
    [InlineData("run", "--speed", "0")]
    [InlineData("replay")]
    [InlineData("fly")]
    public async Task Wrong_usage_has_status_2(params string[] arguments)
    {
        var (status, _, errors) = await RunningSystem.RunAsync(arguments);
        Assert.Equal(2, status);
        Assert.NotEmpty(errors);
    }

    [Fact]
    public async Task Help_has_status_0()
    {
        var (status, output, _) = await RunningSystem.RunAsync(["run", "--help"]);
        Assert.Equal(0, status);
        Assert.Contains("--for", output, StringComparison.Ordinal);
    }

    private static Task FailsAsync(string sentence, params string[] arguments) => FailsAsync(sentence, new Dictionary<string, string>(), arguments);

    private static async Task FailsAsync(string sentence, Dictionary<string, string> environment, params string[] arguments)
    {
        var (status, output, errors) = await RunningSystem.RunAsync(["run", .. arguments], environment);
        Assert.Equal(1, status);
        Assert.Empty(output);
        var told = Assert.Single(errors.Split('\n', StringSplitOptions.RemoveEmptyEntries), l => l.StartsWith("smartcity: ", StringComparison.Ordinal));
        Assert.Contains(sentence, told, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", errors, StringComparison.Ordinal);
    }
}
