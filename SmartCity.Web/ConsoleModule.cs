using Microsoft.Extensions.Options;
using MudBlazor;
using MudBlazor.Services;
using SmartCity.ServiceDefaults.Access;
using SmartCity.Web.Access;
using SmartCity.Web.Components;
using SmartCity.Web.Components.Live;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Core;
using SmartCity.Web.Languages;

namespace SmartCity.Web;

/// <summary>The operator console. It knows the core only over HTTP, at <c>Core:Address</c>.</summary>
public static class ConsoleModule
{
    // An outline of 5,000 points, the longest that the core takes, with all its decimals.
    private const int LargestMessage = 256 * 1024;

    public static IHostApplicationBuilder AddConsole(this IHostApplicationBuilder builder)
    {
        // Files are sent compressed, and once: only a developer's own changes while it runs.
        if (!builder.Environment.IsDevelopment())
        {
            builder.Configuration["ReloadStaticAssetsAtRuntime"] ??= bool.FalseString;
        }

        builder.Services.AddRazorComponents().AddInteractiveServerComponents().AddHubOptions(o => o.MaximumReceiveMessageSize = LargestMessage);
        builder.Services.AddMudServices(mud =>
        {
            mud.SnackbarConfiguration.PositionClass = Defaults.Classes.Position.BottomLeft;
            mud.SnackbarConfiguration.MaxDisplayedSnackbars = 2;
            mud.SnackbarConfiguration.MaximumOpacity = 100;
            mud.SnackbarConfiguration.ShowTransitionDuration = 0;
            mud.SnackbarConfiguration.HideTransitionDuration = 0;
        });
        builder.Services.AddTransient<MudLocalizer, ComponentWords>();
        builder.Services.AddScopePolicies();
        builder.Services.AddConsoleAccess(builder.Configuration);
#pragma warning disable EXTEXP0001 // The standard handler's timeouts would end the live stream; connecting again is its own affair.
        builder.Services.AddHttpClient(CoreClient.Handlers).RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        builder.Services.AddScoped(provider =>
        {
            var user = provider.GetRequiredService<SignedInUser>();
            return CoreClient.For(provider, user.TokenAsync, user.SayEnded);
        });
        builder.Services.AddScoped<Purpose>();
        builder.Services.AddScoped<Downloads>();
        builder.Services.AddOptions<MapOptions>().BindConfiguration(MapOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton<LiveConnection>().AddScoped<OwnLive>().AddScoped<OwnBoard>();
        builder.Services.AddSingleton<PatchCache>().AddSingleton<CityDays>();
        builder.Services.AddSingleton(provider => new Units(provider.GetRequiredService<IOptions<ConsoleOptions>>().Value.Units == ConsoleUnits.Miles));
        builder.Services.AddSingleton(provider =>
        {
            var core = CoreClient.For(provider, () => ValueTask.FromResult<string?>(provider.GetRequiredService<IOptions<ConsoleOptions>>().Value.CoreKey));
            var board = ActivatorUtilities.CreateInstance<LiveBoard>(provider, core);
            var live = provider.GetRequiredService<LiveConnection>();
            live.Received += board.Receive;
            live.Connected += board.Refill;
            return board;
        });
        builder.Services.AddHostedService(provider => provider.GetRequiredService<LiveConnection>());
        return builder;
    }

    public static IEndpointRouteBuilder MapConsole(this IEndpointRouteBuilder app)
    {
        if (app is IApplicationBuilder pipeline)
        {
            pipeline.UseSecurityHeaders(pipeline.ApplicationServices.GetRequiredService<IOptions<MapOptions>>().Value.TileUrl);
            pipeline.UseReadersLanguage();
            pipeline.UseUnknownAddresses();
            pipeline.UseAntiforgery();
        }

        app.MapStaticAssets().AllowAnonymous();
        app.MapCoreFiles();
        app.MapConsoleAccess();
        app.MapLanguage();
        app.MapRazorComponents<App>().AddInteractiveServerRenderMode(server => server.ContentSecurityFrameAncestorsPolicy = "'none'");
        return app;
    }
}
