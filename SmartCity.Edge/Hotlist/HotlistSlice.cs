using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SmartCity.Edge.Configuration;

namespace SmartCity.Edge.Hotlist;

internal static class HotlistSlice
{
    /// <summary>The part of the hot-list that the edge holds, and the receivers that are told of matches.</summary>
    public static IServiceCollection AddHotlist(this IServiceCollection services)
    {
        services.AddOptions<HotlistOptions>().BindConfiguration(HotlistOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Webhooks.All(w => w.IsValid), $"Edge:Hotlist:Webhooks: each receiver needs an http or https Address, and a Secret of at least {HotlistOptions.ShortestSecret} characters.")
            .Validate(o => o.Webhooks.DistinctBy(w => w.Address).Count() == o.Webhooks.Count, "Edge:Hotlist:Webhooks has the same Address twice; give each receiver once.")
            .Validate<IOptions<ConfigurationOptions>>((o, core) => o.Webhooks.Count == 0 || core.Value.Address is not null, "Edge:Hotlist:Webhooks is set, but Edge:Configuration:Address is not. The edge gets its hot-list from the core, so set the core's address.")
            .ValidateOnStart();
#pragma warning disable EXTEXP0001 // Both are asked again by those who ask.
        services.AddHttpClient(HotlistWorker.Client, client => client.Timeout = Timeout.InfiniteTimeSpan).RemoveAllResilienceHandlers();
        services.AddHttpClient(HotlistReceivers.Client).ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false }).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<HeldHotlist>();
        services.AddSingleton<HotlistReceivers>();
        services.AddHostedService(provider => provider.GetRequiredService<HotlistReceivers>());
        services.AddSingleton<HotlistWatch>();
        return services.AddHostedService<HotlistWorker>();
    }
}
