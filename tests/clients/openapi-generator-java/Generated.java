// The only class of Jakarta's annotations that the client names, so that it needs no jar for it.

package javax.annotation;

public @interface Generated {
  String[] value();

  String comments() default "";
}
