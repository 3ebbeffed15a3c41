using System.ComponentModel.DataAnnotations;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SmartCity.ServiceDefaults;

/// <summary>
/// Whose word counts for where a call comes from. <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are read only when the call itself comes from one of
/// these networks: anybody can send them, and limits of sign-in go by the address. Without a network they are not read at all.
/// </summary>
internal sealed class Proxies : IValidatableObject
{
    public const string Section = "Proxies";

    /// <summary>The switch of ASP.NET Core itself, which believes everybody.</summary>
    private const string BelievesEverybody = "ForwardedHeaders_Enabled";

    /// <summary>Networks such as <c>10.42.0.0/16</c>, or single addresses.</summary>
    public string[] Networks { get; set; } = [];

    /// <summary>How many proxies stand one behind the other; what stands further back in the header is whatever the caller wrote.</summary>
    [Range(1, 10)]
    public int Hops { get; set; } = 1;

    public static void Add(IHostApplicationBuilder builder)
    {
        builder.Configuration[BelievesEverybody] = bool.FalseString;
        builder.Services.AddOptions<Proxies>().BindConfiguration(Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddOptions<ForwardedHeadersOptions>().Configure<IOptions<Proxies>>((forwarded, proxies) => proxies.Value.Apply(forwarded));
        builder.Services.AddTransient<IStartupFilter, Filter>();
    }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) => Networks.Where(n => n.Length > 0 && Network(n) is null)
        .Select(n => new ValidationResult($"{Section}:{nameof(Networks)} has '{n}'; a network such as 10.42.0.0/16 or an address such as 10.42.0.7 is expected."));

    private void Apply(ForwardedHeadersOptions forwarded)
    {
        var networks = Networks.Where(n => n.Length > 0).Select(n => Network(n)!.Value).ToList();
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        networks.ForEach(forwarded.KnownIPNetworks.Add);
        forwarded.ForwardLimit = Hops;
        // Where no network is known, the middleware would believe everybody.
        forwarded.ForwardedHeaders = networks.Count == 0 ? ForwardedHeaders.None : ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto;
    }

    private static System.Net.IPNetwork? Network(string text) =>
        System.Net.IPNetwork.TryParse(text, out var network) ? network
        : IPAddress.TryParse(text, out var address) ? new System.Net.IPNetwork(address, address.GetAddressBytes().Length * 8)
        : null;

    // Before everything else, so that all of the pipeline sees the same address.
    private sealed class Filter : IStartupFilter
    {
        public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) => app =>
        {
            app.UseForwardedHeaders();
            next(app);
        };
    }
}
