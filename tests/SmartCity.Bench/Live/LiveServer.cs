using SmartCity.Contracts.Cities;

namespace SmartCity.Bench.Live;

/// <summary>The all-in-one as a process of its own, core and console at work, its edges without a camera, on the bench's Postgres and Kafka.</summary>
internal static class LiveServer
{
    public const string Password = "a long first password";

    public static async Task<CityProcess> StartAsync(string folder, City city, string postgres, string kafka, string objects, CancellationToken cancellationToken)
    {
        var cityFile = Path.Combine(folder, "city.json");
        await File.WriteAllTextAsync(cityFile, CityProcess.WithoutCameras(city), cancellationToken);
        return await CityProcess.StartAsync(
            ["--city", cityFile, "--data", Path.Combine(folder, "data")],
            new Dictionary<string, string>
            {
                ["ConnectionStrings__postgres"] = postgres,
                ["ConnectionStrings__core-kafka"] = kafka,
                ["ConnectionStrings__objects"] = objects,
                ["Core__DemoRegistry"] = "true",
                ["Core__Access__FirstPassword"] = Password,
            },
            cancellationToken);
    }
}
