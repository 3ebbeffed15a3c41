using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Edge.Inbox;

public static class InboxSlice
{
    /// <summary>Pictures that anybody drops at <c>inbox/{camera}/…</c> of a bucket or folder.</summary>
    public static IServiceCollection AddInbox(this IServiceCollection services)
    {
        services.AddOptions<InboxOptions>().BindConfiguration(InboxOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<InboxReading>().AddHostedService<InboxWorker>();
    }
}
