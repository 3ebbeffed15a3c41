using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Trace;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Tests.Hosting;

public sealed class PersonalDataTests
{
    [Fact]
    public async Task Neither_logs_nor_traces_hold_a_plate_or_the_reason_for_looking()
    {
        var builder = WebApplication.CreateSlimBuilder();
        var (lines, spans) = (new Lines(), new Spans());
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:0", ["Logging:LogLevel:Default"] = "Information" });
        builder.Logging.ClearProviders().AddProvider(lines);
        builder.AddServiceDefaults();
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => tracing.AddProcessor(spans));
        await using var app = builder.Build();
        app.MapGet("/api/vehicles/{plate}/journey", (string plate, string? reason) => plate.Length + reason?.Length);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

        using var client = app.Services.GetRequiredService<IHttpClientFactory>().CreateClient();
        foreach (var path in new[] { "/api/vehicles/LR33TEE/journey?reason=jealousy", "/api/vehicles/LR33TEE/nothing?reason=jealousy" })
        {
            using var answer = await client.GetAsync(new Uri(address + path), TestContext.Current.CancellationToken);
        }

        // What other tests do at the same time is listened to as well.
        var port = new Uri(address).Port;
        IEnumerable<Activity> Ours() => spans.Ended.Where(s => s.GetTagItem("server.port") is { } of && Equals(Convert.ToInt32(of, System.Globalization.CultureInfo.InvariantCulture), port));
        await CoreHost.UntilAsync(() => Task.FromResult(Ours().Count() == 4), "two spans of the client and two of the server have ended");
        app.Services.GetRequiredService<ILogger<PersonalDataTests>>().LogInformation("A line of our own");
        var told = Ours().SelectMany(s => s.TagObjects.Select(t => $"{t.Key}={t.Value}").Append(s.DisplayName)).Concat(lines.Written).ToList();
        Assert.Contains(told, t => t.Contains("A line of our own", StringComparison.Ordinal));
        Assert.Contains("url.path=/api/vehicles/{plate}/journey", told);
        Assert.Contains(told, t => t.StartsWith("url.full=", StringComparison.Ordinal) && t.EndsWith("/api/vehicles/LR33***/journey", StringComparison.Ordinal));
        Assert.DoesNotContain(told, t => t.Contains("LR33TEE", StringComparison.Ordinal) || t.Contains("jealousy", StringComparison.Ordinal));
    }

    private sealed class Spans : BaseProcessor<Activity>
    {
        public ConcurrentBag<Activity> Ended { get; } = [];

        public override void OnEnd(Activity data) => Ended.Add(data);
    }

    private sealed class Lines : ILoggerProvider, ILogger
    {
        public ConcurrentBag<string> Written { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Written.Add(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
