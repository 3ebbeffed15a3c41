using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Functions;

/// <summary>City files with functions, and cores that call them.</summary>
public sealed class FunctionCity : IDisposable
{
    public string Folder { get; } = Directory.CreateTempSubdirectory("functions").FullName;

    /// <summary>Another core on the same database, whose city has these functions.</summary>
    internal Task<RunningCore> StartAsync(CoreHost core, params object[] functions) => StartAsync(core, core.Postgres.ConnectionString, functions);

    /// <summary>The same by way of something that stands before the database.</summary>
    internal async Task<RunningCore> StartAsync(CoreHost core, string postgres, object[] functions)
    {
        await using var demo = typeof(City).Assembly.GetManifestResourceStream("london.json")!;
        var city = (await JsonNode.ParseAsync(demo, cancellationToken: TestContext.Current.CancellationToken))!;
        city["functions"] = JsonSerializer.SerializeToNode(functions);
        var file = Path.Combine(Folder, $"{Guid.NewGuid():n}.json");
        await File.WriteAllTextAsync(file, city.ToJsonString(), TestContext.Current.CancellationToken);
        var app = core.Build(postgres, new() { ["Core:CityFile"] = file });
        await app.StartAsync(TestContext.Current.CancellationToken);
        await app.Services.GetRequiredService<DatabaseStartup>().Ready;
        var http = new HttpClient { BaseAddress = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single()) };
        http.DefaultRequestHeaders.Authorization = core.Http.DefaultRequestHeaders.Authorization;
        http.DefaultRequestHeaders.Add("Audit-Reason", "a test");
        return new RunningCore(app, http);
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    internal sealed class RunningCore(WebApplication app, HttpClient http) : IAsyncDisposable
    {
        public IServiceProvider Services => app.Services;

        public HttpClient Http => http;

        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await app.StopAsync();
            await app.DisposeAsync();
        }
    }
}
