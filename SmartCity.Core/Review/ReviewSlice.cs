using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.Core.Review;

internal static class ReviewSlice
{
    public static IServiceCollection AddReview(this IServiceCollection services)
    {
        services.AddOptions<ReviewOptions>().BindConfiguration(ReviewOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<ReviewQueue>().AddSingleton<ReadingMove>().AddSingleton<ReadReviews>().AddSingleton<ReviewClaims>();
    }
}
